/* Requests and questions of the conversation, decided in place and as safely as in the inbox: nothing is decided that
   has not been on the screen for a moment, and what is not shown whole is read first. */

import { fetchPage } from "../countersign/live.js";
import { askToConfirm, isConfirmed, READ_MS } from "../countersign/reading.js";
import { toast } from "../countersign/toast.js";
import { isSendable, send } from "./sending.js";

const since = new WeakMap();

export const openCards = () => [...document.querySelectorAll("#conversation .ask-card.is-open")];
const cardOf = (element) => element?.closest?.(".ask-card") ?? null;
const isRead = (form) => performance.now() - (since.get(form) ?? 0) >= READ_MS;

/* The deciding buttons of a form wait until it has been on the screen for a moment. */
function hold(form) {
    since.set(form, performance.now());
    const buttons = [...form.querySelectorAll("button[data-act]")].filter((button) => !button.disabled);
    for (const button of buttons) button.disabled = true;
    setTimeout(() => {
        for (const button of buttons) button.disabled = false;
    }, READ_MS + 50);
}

/* Forms that have just come: those of cards that stayed have been held before. */
export function holdNew(within = document) {
    for (const form of within.querySelectorAll(".ask-card .ask-acts[method], .ask-card #decide")) if (!since.has(form)) hold(form);
}

function close(card) {
    const detail = card.querySelector(".ask-detail");
    if (!detail || detail.hidden) return;
    detail.hidden = true;
    detail.replaceChildren();
    card.querySelector(".ask-short").hidden = false;
}

/* The whole of a request in its place, with the form that decides it. */
async function open(card, focusOn) {
    for (const other of openCards()) if (other !== card) close(other);
    if (!card.querySelector(".ask-detail").hidden) {
        focusIn(card, focusOn);
        return;
    }
    const page = await fetchPage(card.dataset.detail);
    const content = page?.getElementById("detail");
    if (!content) {
        location.assign(card.dataset.detail);
        return;
    }
    /* The conversation may have been read again meanwhile. */
    const here = document.getElementById(card.id);
    if (here?.matches(".ask-card")) show(here, content, focusOn);
}

function show(card, content, focusOn) {
    const detail = card.querySelector(".ask-detail");
    const back = document.createElement("button");
    back.type = "button";
    back.className = "btn small plain ask-close";
    back.dataset.act = "close";
    back.textContent = "Close, deciding nothing";
    detail.replaceChildren(content, back);
    detail.hidden = false;
    card.querySelector(".ask-short").hidden = true;
    /* The content and the fingerprint that goes with it come together. */
    card.dataset.fingerprint = content.dataset.fingerprint;
    card.dataset.sealed = content.dataset.sealed;
    holdNew(card);
    focusIn(card, focusOn);
}

function focusIn(card, name) {
    const field = name ? card.querySelector(`#decide #${name}`) : null;
    (field ?? card).focus({ preventScroll: Boolean(!field) });
    card.scrollIntoView({ block: "nearest" });
}

function explainUnread(form, button) {
    if (!isRead(form)) return "It has just come. Read it, then decide.";
    const word = form.querySelector("#confirmation");
    if (button?.dataset.act === "approve" && !isConfirmed(word)) {
        word.focus();
        return askToConfirm(word);
    }
    return "";
}

export function followAsks(refresh) {
    document.addEventListener("click", (event) => {
        const button = event.target.closest(".ask-card [data-act]");
        const card = cardOf(button);
        if (button?.dataset.act === "open" && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
            event.preventDefault();
            open(card);
        } else if (button?.dataset.act === "close") {
            close(card);
            card.focus({ preventScroll: true });
        }
    });
    document.addEventListener("submit", async (event) => {
        const form = event.target;
        if (!cardOf(form) || !isSendable(form, event.submitter)) return;
        event.preventDefault();
        const why = form.matches(".ask-acts, #decide") ? explainUnread(form, event.submitter) : "";
        if (why) {
            toast("warning", why);
            return;
        }
        const card = cardOf(form);
        const answer = await send(form, event.submitter);
        if (!answer) return;
        if (answer.isGood) close(card);
        else if (answer.url && answer.code === "not_shown_whole") open(card);
        else if (answer.url) location.assign(answer.url);
        refresh();
    });
}

/* Keys: they act on the card in focus, else on the first that waits. ------------------------------- */

function current() {
    return cardOf(document.activeElement) ?? openCards()[0] ?? null;
}

export function step(by) {
    const all = openCards();
    if (!all.length) return false;
    const here = all.indexOf(cardOf(document.activeElement));
    const next = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + by))];
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    return true;
}

export function approveByKey(focused) {
    const card = current();
    if (!card) return false;
    /* The first press only shows which one would be meant. */
    if (cardOf(focused) !== card) return step(1);
    const button = card.querySelector(".ask-detail:not([hidden]) [data-act=approve]") ?? card.querySelector(".ask-short:not([hidden]) [data-act=approve]");
    if (!button) {
        if (card.dataset.detail && card.querySelector(".ask-detail[hidden]")) open(card);
        return true;
    }
    const word = card.querySelector("#confirmation");
    if (!isConfirmed(word)) word.focus();
    else if (!button.disabled) button.click();
    return true;
}

export function denyByKey() {
    const card = current();
    if (!card?.dataset.detail) return false;
    open(card, "reason");
    return true;
}

export function openByKey() {
    const card = current();
    if (!card?.dataset.detail) return false;
    if (card.querySelector(".ask-detail").hidden) open(card);
    else close(card);
    return true;
}
