/* The page of a request, or of a review: it stays true while one reads, and never changes what one is about to press. */

import "./clock.js";
import { onKeys, readKeys } from "./keys.js";
import { fetchPage, follow, replaceIfChanged, showWaiting } from "./live.js";
import { closeMenus } from "./menus.js";
import { askToConfirm, isConfirmed, READ_MS } from "./reading.js";
import { toast } from "./toast.js";

const PARTS = [".request-head", ".request-side", ".similar", ".comment-list"];

const shown = document.getElementById("request");
const help = document.getElementById("keys");
let changedAt = performance.now();
let isSent = false;

const field = (id) => document.getElementById(id);
const decideButtons = () => [...document.querySelectorAll("#decide [data-act]")];
const isRead = () => performance.now() - changedAt >= READ_MS;

/* The buttons wait until the page has been read for a moment; a refused one says why by being off. */
function holdButtons() {
    for (const button of decideButtons()) {
        if (button.disabled) continue;
        button.disabled = true;
        button.dataset.held = "yes";
    }
    setTimeout(releaseButtons, Math.max(0, READ_MS - (performance.now() - changedAt)) + 50);
}

function releaseButtons() {
    if (isSent || !isRead()) return;
    for (const button of decideButtons()) {
        if (button.dataset.held !== "yes") continue;
        button.disabled = false;
        delete button.dataset.held;
    }
}

const typedIn = () => ["reason", "confirmation", "comment-text"].map(field).filter(Boolean);

/* The content and the fingerprint that goes with it change together, or not at all. */
function replaceAll(fresh) {
    const typed = Object.fromEntries(typedIn().map(({ id, value }) => [id, value]));
    const focused = document.activeElement?.id;
    shown.replaceChildren(...fresh.childNodes);
    Object.assign(shown.dataset, fresh.dataset);
    changedAt = performance.now();
    for (const input of typedIn()) input.value = typed[input.id] ?? input.value;
    if (focused) field(focused)?.focus();
    holdButtons();
    showKeysButton();
}

async function refresh() {
    const page = await fetchPage();
    const fresh = page?.getElementById("request");
    if (!fresh || isSent) return;
    showWaiting(Number(page.querySelector("[data-waiting-number]").textContent));
    const hasEnded = shown.dataset.pending === "yes" && fresh.dataset.pending === "no";
    const isOther = fresh.dataset.fingerprint !== shown.dataset.fingerprint || fresh.dataset.sealed !== shown.dataset.sealed;
    const mayStill = Boolean(fresh.querySelector("#decide")) === Boolean(field("decide"));
    if (hasEnded || isOther || !mayStill) {
        replaceAll(fresh);
        if (hasEnded) toast("warning", shown.querySelector(".state-line").textContent.trim().replace(/\s+/g, " "));
        return;
    }
    /* An open menu stays: what changed comes with the next look. */
    const parts = document.querySelector(".request-tools details[open]") ? PARTS.slice(1) : PARTS;
    for (const part of parts) replaceIfChanged(shown.querySelector(part), fresh.querySelector(part));
    showKeysButton();
}

shown.addEventListener("submit", (event) => {
    if (event.target.id !== "decide") return;
    if (!isRead()) {
        event.preventDefault();
        toast("warning", "The page has just changed. Read it, then decide.");
        return;
    }
    const word = field("confirmation");
    if (event.submitter?.dataset.act === "approve" && !isConfirmed(word)) {
        event.preventDefault();
        word.focus();
        toast("warning", askToConfirm(word));
        return;
    }
    isSent = true;
    /* One press, one decision. The buttons are still part of what is being sent. */
    setTimeout(() => {
        for (const button of document.querySelectorAll("#decide button")) button.disabled = true;
    });
});
/* Back from another page: the buttons that were pressed can be pressed again. */
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

function focusOn(element) {
    element?.focus();
    return Boolean(element);
}

function approve(focused) {
    const button = decideButtons().find((each) => each.dataset.act === "approve");
    const word = field("confirmation");
    if (!isConfirmed(word)) return focusOn(word);
    if (focused !== document.body || !isRead() || !button || button.disabled) return false;
    button.click();
    return true;
}

function press(element) {
    element?.click();
    return Boolean(element);
}

/* Nothing here goes on while its key is held. */
const once = (act) => (focused, { isHeld }) => !isHeld && act(focused);

onKeys(readKeys(help, {
    approve: once(approve),
    deny: once(() => focusOn(field("reason"))),
    propose: once(() => press(field("propose-rule"))),
    claim: once(() => press(field("claim"))),
    snooze: once(() => press(field("snooze"))),
    comment: once(() => focusOn(field("comment-text"))),
    inbox: once(() => press(field("to-inbox"))),
    help: once(() => {
        help.showModal();
        return true;
    }),
}));

function showKeysButton() {
    field("show-keys").hidden = !matchMedia("(hover: hover)").matches;
}

shown.addEventListener("click", (event) => event.target.closest("#show-keys") && help.showModal());
showKeysButton();
holdButtons();
if (location.hash === "#reason") field("reason")?.focus();

closeMenus();
follow({
    topics: [shown.dataset.live],
    refresh,
    concerns: (event) => event.subject?.id === shown.dataset.subject,
});
