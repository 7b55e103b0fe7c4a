/* The request page: it stays true while one reads, and never changes what one is about to press. */

import "./clock.js";
import { onKeys } from "./keys.js";
import { fetchPage, follow, replaceIfChanged, showWaiting } from "./live.js";
import { closeMenus } from "./menus.js";
import { toast } from "./toast.js";

/* A key decides only what has been on the screen for this long; so does a press after the page has changed. */
const READ_MS = 1000;

const shown = document.getElementById("request");
const openedAt = performance.now();
let changedAt = -Infinity;

const approve = () => document.querySelector("#decide [data-act=approve]");
const reason = () => document.getElementById("reason");
const isSettled = () => performance.now() - changedAt >= READ_MS;
const isRead = () => isSettled() && performance.now() - openedAt >= READ_MS;

/* The content and the fingerprint that goes with it change together, or not at all. */
function replaceAll(fresh) {
    const typed = reason()?.value ?? "";
    const hadFocus = document.activeElement === reason();
    shown.replaceChildren(...fresh.childNodes);
    Object.assign(shown.dataset, fresh.dataset);
    changedAt = performance.now();
    if (reason()) reason().value = typed;
    if (hadFocus) reason()?.focus();
}

async function refresh() {
    const page = await fetchPage();
    const fresh = page?.getElementById("request");
    if (!fresh) return;
    showWaiting(Number(page.querySelector("[data-waiting-number]").textContent));
    const hasEnded = shown.dataset.pending === "yes" && fresh.dataset.pending === "no";
    const isOther = fresh.dataset.fingerprint !== shown.dataset.fingerprint || fresh.dataset.sealed !== shown.dataset.sealed;
    const mayStill = Boolean(fresh.querySelector("#decide")) === Boolean(document.getElementById("decide"));
    if (hasEnded || isOther || !mayStill) {
        replaceAll(fresh);
        if (hasEnded) toast("warning", shown.querySelector(".state-line").textContent.trim().replace(/\s+/g, " "));
        return;
    }
    for (const part of [".request-head", ".request-side"]) {
        replaceIfChanged(shown.querySelector(part), fresh.querySelector(part));
    }
}

shown.addEventListener("submit", (event) => {
    if (event.submitter?.dataset.act === "approve" && !isSettled()) {
        event.preventDefault();
        toast("warning", "The page has just changed. Read it, then decide.");
        return;
    }
    /* One press, one decision. The buttons are still part of what is being sent. */
    setTimeout(() => {
        for (const button of document.querySelectorAll("#decide button")) button.disabled = true;
    });
});
/* Back from another page: the buttons that were pressed can be pressed again. */
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

onKeys({
    a: (focused) => {
        if (focused !== document.body || !isRead() || !approve() || approve().disabled) return false;
        approve().click();
        return true;
    },
    d: () => {
        if (!reason()) return false;
        reason().focus();
        return true;
    },
});
if (location.hash === "#reason") reason()?.focus();

closeMenus();
follow({
    topics: ["requests"],
    refresh,
    concerns: (event) => event.subject?.id === shown.dataset.subject,
});
