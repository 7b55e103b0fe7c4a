/* The menu beside the chats stays true: read again, not too often, when something happens in any chat. */

import { fetchPage, replaceIfChanged } from "../countersign/live.js";

const REST_MS = 5000;
const PLACES = [".menu-side > .chat-menu", ".menu-drawer .chat-menu"];
let timer = 0;

const concerns = ({ topic, kind }) => ["chats", "requests"].includes(topic) || kind === "engine.state";

async function read() {
    timer = 0;
    if (document.hidden) return;
    const here = document.getElementById("chat")?.dataset.chat ?? "";
    const page = await fetchPage(`/chats/menu/?here=${here}`);
    const fresh = page?.querySelector(".chat-menu");
    if (!fresh) return;
    for (const place of PLACES) {
        const old = document.querySelector(place);
        const scrolled = old?.scrollTop ?? 0;
        const copy = fresh.cloneNode(true);
        if (replaceIfChanged(old, copy)) copy.scrollTop = scrolled;
    }
}

export function followMenu() {
    const later = () => {
        timer ||= setTimeout(read, REST_MS);
    };
    document.addEventListener("countersign:event", ({ detail }) => concerns(detail) && later());
    document.addEventListener("countersign:reset", later);
    document.addEventListener("visibilitychange", () => document.hidden || later());
}
