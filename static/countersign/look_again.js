// A page that shows work under way reads itself again until the work is done.
const PAUSE_MS = 2000;

setTimeout(() => location.reload(), PAUSE_MS);
