/* Keeps a page true while it is open. The event stream only says that something changed; what changed is read
   from the server by asking for the page again, so rights and words are always the server's. */

import { openStream } from "./stream.js";
import { toast } from "./toast.js";

const SETTLE_MS = 120;
/* Between two refreshes; longer where the server takes long, so that many open pages never crowd it. */
const REST_MS = 800;
const REST_PER_MS = 12;
const LONGEST_REST_MS = 10000;
const WORDS = {
    connecting: "Connecting…",
    live: "Live",
    polling: "Every few seconds",
    waiting: "Reconnecting…",
    "signed-out": "Signed out",
};

function showState(state) {
    for (const sign of document.querySelectorAll("[data-live-state]")) {
        sign.dataset.liveState = state;
        sign.querySelector("[data-live-word]").textContent = WORDS[state];
        sign.title = WORDS[state];
    }
    if (state === "signed-out") toast("warning", "Your session has ended. Reload the page to log in.");
}

export function showWaiting(count) {
    for (const badge of document.querySelectorAll("[data-waiting]")) {
        badge.classList.toggle("is-zero", count === 0);
        badge.querySelector("[data-waiting-number]").textContent = String(count);
    }
}

async function showPulse() {
    const url = document.querySelector("meta[name=pulse]").content;
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (answer.ok && !answer.redirected) showWaiting((await answer.json()).waiting);
}

/* What answers a refused press stands at the button's address, which can't be opened: it is where the page itself is. */
const own = document.querySelector("link[rel=canonical]");
if (own) history.replaceState(history.state, "", own.href);

/* Another document with the page as it is now; null when the session has ended or the server can't be reached. */
export async function fetchPage(url = location.href) {
    try {
        /* The header keeps messages for the page that a person opens. */
        const answer = await fetch(url, { headers: { Accept: "text/html", "X-Countersign-Script": "1" } });
        if (!answer.ok || answer.redirected) return null;
        return new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
        return null;
    }
}

/* HTML without what changes by itself. */
export function signature(element) {
    return element.outerHTML.replace(/(<time[^>]*>)[^<]*/g, "$1").replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "");
}

/* Put a newer copy in an element's place, unless nothing changed; focus on a link stays on it. */
export function replaceIfChanged(old, fresh) {
    if (!old || !fresh || signature(old) === signature(fresh)) return false;
    const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    old.replaceWith(fresh);
    if (focused) fresh.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    return true;
}

/* The banner of what is not well stands over every page, and is read again whatever else the page follows. Nothing
   may move under a hand that is about to press a button: one that was there keeps its height, one that comes later
   stands over the header and takes no press. */
const HEALTH = "health";
const HEALTH_REST_MS = 1000;
let healthTimer = null;

async function showHealth() {
    const banner = document.getElementById("health-banner");
    const page = banner && (await fetchPage(banner.dataset.health));
    const fresh = page?.getElementById("health-banner");
    if (!fresh || fresh.innerHTML === banner.innerHTML) return;
    const isLate = banner.classList.contains("is-late") || banner.offsetHeight === 0;
    if (!isLate) {
        banner.style.height = `${banner.offsetHeight}px`;
        banner.classList.add("is-held");
    }
    banner.classList.toggle("is-late", isLate);
    banner.replaceChildren(...fresh.childNodes);
}

export function hearHealth(event) {
    if (event.kind !== "health.changed" || healthTimer !== null) return;
    healthTimer = setTimeout(() => {
        healthTimer = null;
        showHealth();
    }, HEALTH_REST_MS);
}

/* Call `refresh` soon after an event of `topics` that `concerns` lets through, never two at a time.
   Hidden pages only keep their badge. Returns `mark`, which asks for a refresh, and the stream; `chats` and `onChat`
   are the stream's. */
export function follow({ topics, refresh, concerns = () => true, chats = [], onChat = () => {} }) {
    let isDirty = false;
    let isRunning = false;

    async function run() {
        if (isRunning) return;
        isRunning = true;
        while (isDirty && !document.hidden) {
            isDirty = false;
            const startedAt = performance.now();
            await refresh();
            const restMs = Math.max(REST_MS, REST_PER_MS * (performance.now() - startedAt));
            await new Promise((resolve) => setTimeout(resolve, Math.min(restMs, LONGEST_REST_MS)));
        }
        isRunning = false;
    }

    function mark() {
        isDirty = true;
        if (document.hidden) showPulse().catch(() => {});
        else setTimeout(run, SETTLE_MS);
    }

    document.addEventListener("visibilitychange", () => document.hidden || run());
    const stream = openStream({
        topics: [...new Set([...topics, HEALTH])],
        chats,
        onChat,
        onEvent: (event) => {
            hearHealth(event);
            if (topics.includes(event.topic) && concerns(event)) mark();
        },
        onReset: () => {
            mark();
            showHealth();
        },
        onState: showState,
    });
    return { mark, stream };
}

/* Pages without rules of their own: every `data-live` element is swapped whole, the badge follows. */
export function followRegions() {
    const regions = [...document.querySelectorAll("[data-live]")].filter((element) => element.dataset.live && element.id);
    const wanted = regions.flatMap((element) => element.dataset.live.split(","));
    if (!regions.length) {
        if (document.querySelector("[data-waiting]")) follow({ topics: ["requests"], refresh: showPulse });
        return;
    }
    follow({
        topics: [...new Set([...wanted, "requests"])],
        refresh: async () => {
            const page = await fetchPage();
            if (!page) return;
            for (const { id } of regions) replaceIfChanged(document.getElementById(id), page.getElementById(id));
            const badge = page.querySelector("[data-waiting-number]");
            if (badge) showWaiting(Number(badge.textContent));
        },
    });
}
