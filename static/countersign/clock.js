/* Ages and countdowns keep going while a page is open. The server writes the same words (format_duration). */

const EVERY_MS = 5000;

export function formatDuration(seconds) {
    const left = Math.max(0, Math.floor(seconds));
    if (left < 60) return `${left} s`;
    if (left < 3600) return `${Math.floor(left / 60)} min`;
    if (left < 2 * 86400) return `${Math.floor(left / 3600)} h`;
    return `${Math.floor(left / 86400)} days`;
}

/* The server's clock decides: the page says what time it was there when it was written. */
const serverNow = Date.parse(document.querySelector("meta[name=server-time]")?.content ?? "");
const ahead = Number.isNaN(serverNow) ? 0 : serverNow - Date.now();

export function tick() {
    const now = Date.now() + ahead;
    for (const time of document.querySelectorAll("time[data-age], time[data-remaining]")) {
        const moment = Date.parse(time.dateTime);
        const seconds = "age" in time.dataset ? (now - moment) / 1000 : (moment - now) / 1000;
        const words = formatDuration(seconds);
        if (time.textContent !== words) time.textContent = words;
    }
}

setInterval(tick, EVERY_MS);
