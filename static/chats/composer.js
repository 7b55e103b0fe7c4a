/* The form to write with: Enter sends where there is a keyboard; what is typed survives a reload of the tab. */

import { isSendable, send } from "./sending.js";

const hasKeyboard = matchMedia("(hover: hover) and (pointer: fine)").matches;
const find = () => document.getElementById("composer");
const text = () => document.getElementById("text");
const draftKey = () => `countersign:draft:${document.getElementById("chat").dataset.chat}`;

function storeDraft(value) {
    try {
        if (value) sessionStorage.setItem(draftKey(), value);
        else sessionStorage.removeItem(draftKey());
    } catch {
        /* Without storage a draft lasts as long as the page. */
    }
}

function readDraft() {
    try {
        return sessionStorage.getItem(draftKey()) ?? "";
    } catch {
        return "";
    }
}

/* Browsers that can't let a field grow with its words. */
function grow(field) {
    if (CSS.supports("field-sizing", "content")) return;
    field.rows = Math.min(12, Math.max(2, field.value.split("\n").length));
}

function prepare() {
    const field = text();
    if (!field) return;
    if (!field.value) field.value = readDraft();
    grow(field);
    if (hasKeyboard) document.getElementById("text-help").textContent = "Enter sends";
}

export function focusComposer() {
    text()?.focus();
    return Boolean(text());
}

/* Another composer, or none, as the server says; what is typed goes along. */
export function replaceComposer(page) {
    const old = find() ?? document.getElementById("no-composer");
    const fresh = page.getElementById("composer") ?? page.getElementById("no-composer");
    if (!old || !fresh || old.id === fresh.id) return;
    old.replaceWith(fresh);
    prepare();
}

export function followComposer(sent) {
    prepare();
    document.addEventListener("input", ({ target }) => {
        if (target !== text()) return;
        storeDraft(target.value);
        grow(target);
    });
    document.addEventListener("keydown", (event) => {
        if (event.target !== text() || event.isComposing) return;
        if (event.key === "Escape") event.target.blur();
        if (event.key !== "Enter" || event.shiftKey || !(hasKeyboard || event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        if (event.target.value.trim()) find().requestSubmit(document.getElementById("send"));
    });
    document.addEventListener("submit", async (event) => {
        if (event.target !== find() || !isSendable(event.target, event.submitter)) return;
        event.preventDefault();
        const field = text();
        const typed = field.value;
        const answer = await send(event.target, event.submitter);
        if (!answer?.isGood) return;
        /* Whatever was typed meanwhile stays. */
        field.value = field.value.startsWith(typed) ? field.value.slice(typed.length) : field.value;
        storeDraft(field.value);
        grow(field);
        sent();
    });
}
