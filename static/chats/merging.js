/* The conversation as the server has it now: what is new comes, what changed is made anew, what one is just reading,
   typing in or about to press stays as it is. */

import { signature } from "../countersign/live.js";

const kept = (html) => html.replace(/name="opened" value="[^"]*"/g, "").replace(/ is-fresh/g, "");
const mark = (element) => kept(signature(element));
/* What the server had said of each item: scripts hold buttons, open details and write in it since. */
const served = new WeakMap();
const cards = (element) => (element.matches(".ask-card") ? [element] : [...element.querySelectorAll(".ask-card")]);

/* What one reads before one presses. */
function essence(card) {
    const { fingerprint = "", sealed = "" } = card.dataset;
    const buttons = [...card.querySelectorAll(".ask-short [data-act], .ask-form button")];
    return [fingerprint, sealed, card.className, ...buttons.map((button) => button.textContent.trim())].join("\n");
}

function isDirty(form) {
    return [...form.elements].some((field) =>
        field.matches("textarea") ? field.value !== field.defaultValue : field.matches("input") && (field.checked !== field.defaultChecked || (field.type === "text" && field.value !== field.defaultValue)));
}

function isInUse(card) {
    const isRead = Boolean(card.querySelector(".ask-detail:not([hidden])"));
    return isRead || card.contains(document.activeElement) || [...card.querySelectorAll("form")].some(isDirty);
}

function remember(item) {
    for (const element of [item, ...cards(item)]) served.set(element, mark(element));
}

/* Cards that are as they were, or in use, go over to the fresh copy, unless what they ask has changed. */
function keepCards(old, fresh) {
    const focused = document.activeElement;
    const place = focused?.selectionStart;
    for (const card of cards(old)) {
        const other = card.id ? fresh.querySelector(`#${CSS.escape(card.id)}`) : null;
        if (!other?.matches(".ask-card")) continue;
        const isSame = served.get(card) === mark(other);
        if (!isSame && !(isInUse(card) && essence(card) === essence(other))) continue;
        other.replaceWith(card);
        if (!card.contains(focused)) continue;
        queueMicrotask(() => {
            focused.focus({ preventScroll: true });
            if (typeof place === "number" && focused.setSelectionRange) focused.setSelectionRange(place, place);
        });
    }
}

/* What is open stays open, what is closed stays closed. */
export function keepOpen(old, fresh) {
    for (const details of old.querySelectorAll("details[id]")) {
        const other = fresh.querySelector(`#${CSS.escape(details.id)}`);
        if (other) other.open = details.open;
    }
    /* Thoughts that were open while they were written. */
    for (const prose of old.querySelectorAll("details.thought:not([id])[open] [data-part]")) {
        const other = fresh.querySelector(`details.thought [data-part="${CSS.escape(prose.dataset.part)}"]`);
        if (other) other.closest("details").open = true;
    }
}

function update(old, fresh) {
    if (served.get(old) === mark(fresh)) return false;
    remember(fresh);
    keepOpen(old, fresh);
    keepCards(old, fresh);
    old.replaceWith(fresh);
    return true;
}

/* Once, before anything in the page is changed. */
export function rememberConversation() {
    for (const item of document.querySelectorAll("#conversation > li[data-key]")) remember(item);
}

/* Make the list that of `page`; returns the items that came or changed. */
export function mergeConversation(page) {
    const list = document.getElementById("conversation");
    const incoming = [...page.querySelectorAll("#conversation > li[data-key]")];
    const keys = new Set(incoming.map((item) => item.dataset.key));
    const said = new Set(incoming.map((item) => item.dataset.message).filter(Boolean));
    const isWorking = Boolean(page.querySelector("#turn .working"));
    for (const item of [...list.children]) {
        const isOwn = item.dataset.key.startsWith("new-");
        if (isOwn) {
            if (said.has(item.dataset.message)) adopt(item, incoming);
            else if (!isWorking) item.remove();
        } else if (!keys.has(item.dataset.key)) item.remove();
    }
    const here = new Map([...list.children].map((item) => [item.dataset.key, item]));
    const changed = [];
    let before = null;
    for (const fresh of incoming) {
        const old = here.get(fresh.dataset.key);
        let item = old;
        if (!old) {
            item = fresh;
            remember(fresh);
            fresh.classList.add("is-fresh");
            if (before) before.after(fresh);
            else list.prepend(fresh);
            changed.push(fresh);
        } else if (update(old, fresh)) {
            item = fresh;
            changed.push(fresh);
        }
        if (before ? before.nextElementSibling !== item : list.firstElementChild !== item) {
            if (before) before.after(item);
            else list.prepend(item);
        }
        before = item;
    }
    list.dataset.agent = page.getElementById("conversation").dataset.agent;
    return changed;
}

/* The server has it now: it takes the place of what was shown early. */
function adopt(item, incoming) {
    const fresh = incoming.find((each) => each.dataset.message === item.dataset.message);
    keepOpen(item, fresh);
    item.remove();
}
