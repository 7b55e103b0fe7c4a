/* The event stream in a page: the websocket, or a long poll where no websocket gets through.
   Events are hints of what to read again; docs/listening.md says what they hold. The cursor is kept for the tab, so
   that the next page goes on where this one stood.

   Besides the callbacks, the document hears `countersign:event` (detail: the event), `countersign:reset` (read
   everything again) and `countersign:state` (detail: { state }), where state is one of
     connecting   nothing is known yet
     live         events arrive as they happen
     polling      no websocket gets through; the page asks, and is answered when something happens
     waiting      the server does not answer; trying again
     signed-out   the session has ended; tried again now and then, should somebody log in in another tab

   With `chats`, the ids of chats to follow, `onChat` hears what is written there as it is written. That comes over the
   websocket alone: while polling, read the chat again now and then. */

const CURSOR_KEY = "countersign:cursor";
const ACK_EVENTS = 64;
const ACK_MS = 3000;
const POLL_WAIT_S = 25;
/* After an answer that failed; and in a tab nobody looks at, because a browser has six connections for all of them. */
const POLL_PAUSE_MS = 5000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30000;
const SIGNED_OUT_PAUSE_MS = 60000;
const FAILURES_BEFORE_POLLING = 2;
/* The server says something every 15 seconds. */
const SILENCE_MS = 45000;
const WATCH_MS = 10000;
const UNAUTHENTICATED = 4001;

function readCursor() {
    try {
        const text = sessionStorage.getItem(CURSOR_KEY);
        return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null;
    } catch {
        return null;
    }
}

function writeCursor(cursor) {
    try {
        sessionStorage.setItem(CURSOR_KEY, String(cursor));
    } catch {
        /* Without storage the next page starts from now. */
    }
}

export class EventStream {
    constructor({ topics = [], chats = [], onEvent = () => {}, onChat = () => {}, onReset = () => {}, onState = () => {} } = {}) {
        this.topics = topics;
        this.chats = chats;
        this.onChat = onChat;
        this.onEvent = onEvent;
        this.onReset = onReset;
        this.onState = onState;
        this.cursor = readCursor();
        this.state = "connecting";
        this.socket = null;
        this.failures = 0;
        this.unacknowledged = 0;
        this.isStopped = false;
        this.asking = null;
        this.timers = {};
    }

    start() {
        this.wakeUp = () => {
            if (document.hidden) return;
            if (this.socket === null) this.connect();
            if (this.state === "polling" && this.asking === null) this.pollLater(0);
        };
        document.addEventListener("visibilitychange", this.wakeUp);
        window.addEventListener("online", this.wakeUp);
        this.timers.watch = setInterval(() => this.watch(), WATCH_MS);
        this.onState(this.state);
        this.connect();
    }

    stop() {
        this.isStopped = true;
        document.removeEventListener("visibilitychange", this.wakeUp);
        window.removeEventListener("online", this.wakeUp);
        clearInterval(this.timers.watch);
        clearTimeout(this.timers.connect);
        this.stopAsking();
        this.drop();
    }

    /* The websocket ------------------------------------------------------------------------------- */

    connect() {
        clearTimeout(this.timers.connect);
        const url = new URL("/ws/events/", location.href);
        url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
        url.search = this.query({ chats: this.chats });
        const socket = new WebSocket(url);
        this.socket = socket;
        this.heardAt = Date.now();
        this.startedAt = this.cursor;
        socket.addEventListener("message", (message) => {
            if (socket === this.socket) this.hear(JSON.parse(message.data));
        });
        socket.addEventListener("close", ({ code }) => {
            if (socket === this.socket) this.lose(code);
        });
    }

    query({ chats = [] } = {}) {
        const wishes = new URLSearchParams();
        if (chats.length) wishes.set("chats", chats.join(","));
        if (this.cursor !== null) wishes.set("since", String(this.cursor));
        if (this.topics.length) wishes.set("topics", this.topics.join(","));
        return wishes.toString();
    }

    hear(frame) {
        this.heardAt = Date.now();
        if (frame.type === "event") {
            this.take(frame);
            this.unacknowledged += 1;
        } else if (frame.type === "reset") {
            this.reset(frame.cursor);
        } else if (frame.type === "ready" || frame.type === "heartbeat") {
            this.moveTo(Math.max(this.cursor ?? 0, frame.cursor));
            if (frame.type === "ready") this.goLive();
        } else {
            this.onChat(frame);
        }
        if (this.unacknowledged >= ACK_EVENTS) this.acknowledge();
        else this.timers.ack ??= setTimeout(() => this.acknowledge(), ACK_MS);
    }

    /* Follow the chats anew: what is being written there is then told from its beginning. */
    followAgain() {
        this.send({ chats: [] });
        this.send({ chats: this.chats });
    }

    send(frame) {
        if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
    }

    goLive() {
        this.failures = 0;
        this.stopAsking();
        this.show("live");
        /* Nobody knows what happened between the page's making and now. */
        if (this.startedAt === null) this.announceReset();
    }

    acknowledge() {
        clearTimeout(this.timers.ack);
        this.timers.ack = undefined;
        this.unacknowledged = 0;
        if (this.cursor !== null) this.send({ ack: this.cursor });
    }

    lose(code) {
        this.drop();
        if (code === UNAUTHENTICATED) {
            this.signOut();
            return;
        }
        this.failures += 1;
        const isBlocked = this.failures >= FAILURES_BEFORE_POLLING;
        if (this.state !== "polling") this.show("waiting");
        this.connectLater(Math.min(FIRST_PAUSE_MS * 2 ** (this.failures - 1), LONGEST_PAUSE_MS));
        if (isBlocked && this.asking === null) this.pollLater(0);
    }

    /* Spread, so that everybody does not come back at once after a restart. */
    connectLater(pauseMs) {
        clearTimeout(this.timers.connect);
        this.timers.connect = setTimeout(() => this.connect(), pauseMs * (0.5 + Math.random()));
    }

    drop() {
        clearTimeout(this.timers.ack);
        this.timers.ack = undefined;
        this.unacknowledged = 0;
        const socket = this.socket;
        this.socket = null;
        socket?.close();
    }

    signOut() {
        this.stopAsking();
        this.show("signed-out");
        this.connectLater(SIGNED_OUT_PAUSE_MS);
    }

    /* A connection can end without anybody being told, for example while the machine sleeps. */
    watch() {
        if (this.socket !== null && Date.now() - this.heardAt > SILENCE_MS) this.lose(0);
    }

    /* Asking -------------------------------------------------------------------------------------- */

    pollLater(pauseMs) {
        clearTimeout(this.timers.poll);
        if (this.isStopped) return;
        this.timers.poll = setTimeout(() => this.poll(), pauseMs);
    }

    stopAsking() {
        clearTimeout(this.timers.poll);
        this.asking?.abort();
        this.asking = null;
    }

    /* The first answer comes at once, so that the page soon knows that it is heard. */
    async poll() {
        const asking = new AbortController();
        this.asking = asking;
        let isGood = false;
        try {
            const waits = this.state === "polling" && !document.hidden ? `&wait=${POLL_WAIT_S}` : "";
            const answer = await fetch(`/api/v1/events/?${this.query()}${waits}`, {
                headers: { Accept: "application/json" },
                signal: asking.signal,
            });
            const body = answer.ok || answer.status === 410 ? await answer.json() : null;
            if (this.asking !== asking) return;
            if (answer.status === 401 || answer.status === 403) {
                this.signOut();
                return;
            }
            if (answer.status === 410) this.reset(body.cursor);
            else if (answer.ok) this.takePage(body);
            isGood = body !== null;
        } catch {
            if (this.asking !== asking) return;
        }
        this.asking = null;
        this.show(isGood ? "polling" : "waiting");
        this.pollLater(isGood && !document.hidden ? 0 : POLL_PAUSE_MS * (0.5 + Math.random()));
    }

    takePage({ events, cursor }) {
        const isFirst = this.cursor === null;
        for (const event of events) this.take(event);
        this.moveTo(Math.max(this.cursor ?? 0, cursor));
        if (isFirst) this.announceReset();
    }

    /* Telling ------------------------------------------------------------------------------------- */

    take(event) {
        if (this.cursor !== null && event.seq <= this.cursor) return;
        this.moveTo(event.seq);
        this.onEvent(event);
        this.dispatch("event", event);
    }

    moveTo(cursor) {
        this.cursor = cursor;
        writeCursor(cursor);
    }

    reset(cursor) {
        this.moveTo(cursor);
        this.announceReset();
    }

    announceReset() {
        this.onReset();
        this.dispatch("reset", null);
    }

    show(state) {
        if (state === this.state) return;
        this.state = state;
        this.onState(state);
        this.dispatch("state", { state });
    }

    dispatch(name, detail) {
        document.dispatchEvent(new CustomEvent(`countersign:${name}`, { detail }));
    }
}

/* One stream for the page; returns it, already started. */
export function openStream(options) {
    const stream = new EventStream(options);
    stream.start();
    return stream;
}
