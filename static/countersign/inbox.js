/* The inbox: decided without leaving the list, by pointer, by finger or by keys. */

import "./clock.js";
import { allRows, followPointer, isFresh, knownIds, merge, rowOf } from "./inbox_rows.js";
import { actOnSelection, followTicks, select, selectNothing, selected, showSelection } from "./inbox_selection.js";
import { onKeys, readKeys } from "./keys.js";
import { fetchPage, follow, replaceIfChanged, showWaiting } from "./live.js";
import { closeMenus } from "./menus.js";
import { toast } from "./toast.js";

/* What time alone changes: a snooze that ends, a request that is about to. */
const LOOK_AGAIN_MS = 60000;

const form = document.getElementById("changelist-form");
const help = document.getElementById("keys");
const offline = document.getElementById("offline");
const search = document.getElementById("searchbar");
const own = new Set();
let isStale = false;
let wasLive = false;

/* Rows -------------------------------------------------------------------------------------------- */

async function refresh() {
    const url = new URL(location.href);
    url.hash = "";
    url.searchParams.set("_rows", "1");
    url.searchParams.set("_known", knownIds().join(","));
    const page = await fetchPage(url);
    const rows = page?.getElementById("rows");
    isStale = !rows;
    if (!rows) return;
    merge(page, own);
    if (replaceIfChanged(document.getElementById("tabs"), page.getElementById("tabs"))) showCurrentTab();
    showSelection();
    const count = Number(rows.dataset.waitingCount);
    showWaiting(count);
    document.title = `${count ? `(${count}) ` : ""}${form.dataset.title} | Countersign`;
}

/* The connection -------------------------------------------------------------------------------------- */

function showConnection(state) {
    const isGone = !navigator.onLine || state === "waiting";
    offline.hidden = !isGone;
    document.body.classList.toggle("is-offline", isGone);
}

/* Whatever was missed meanwhile is read at once. */
document.addEventListener("countersign:state", ({ detail: { state } }) => {
    showConnection(state);
    const isLive = state === "live" || state === "polling";
    if (isLive && !wasLive) refresh();
    wasLive = isLive;
});
window.addEventListener("offline", () => showConnection("waiting"));
window.addEventListener("online", () => {
    showConnection("live");
    refresh();
});
setInterval(() => !document.hidden && refresh(), LOOK_AGAIN_MS);
document.addEventListener("visibilitychange", () => !document.hidden && isStale && refresh());

/* Acting ---------------------------------------------------------------------------------------------- */

function setBusy(row, isBusy) {
    if (isBusy) row.setAttribute("aria-busy", "true");
    else row.removeAttribute("aria-busy");
    for (const button of row.querySelectorAll("button")) button.disabled = isBusy;
}

function focusRow(row) {
    row?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
}

function focusNext(row) {
    const rows = allRows();
    const isOpen = (item) => !item.classList.contains("settled") && !item.hasAttribute("aria-busy");
    focusRow(rows.slice(rows.indexOf(row) + 1).find(isOpen) ?? row);
}

async function send(row, button) {
    const data = new FormData();
    data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    for (const field of row.querySelectorAll("input[type=hidden]")) data.set(field.name, field.value);
    const answer = await fetch(button.formAction, {
        method: "POST",
        body: data,
        redirect: "manual",
        headers: { Accept: "application/json", "X-Countersign-Script": "1" },
    });
    if (!(answer.headers.get("Content-Type") ?? "").startsWith("application/json")) return null;
    return answer.json();
}

async function press(row, button) {
    const wasFocused = row.contains(document.activeElement);
    const isDecision = "act" in button.dataset;
    setBusy(row, true);
    /* A button that is off gives its focus to nobody; the row keeps it for the keys. */
    if (wasFocused) row.focus({ preventScroll: true });
    own.add(row.dataset.id);
    try {
        const answer = await send(row, button);
        if (!answer) {
            /* The session has ended, or the form is too old: the page itself will say so. */
            location.reload();
            return;
        }
        toast(answer.level, answer.message);
        if (answer.url) {
            location.assign(answer.url);
            return;
        }
        if (isDecision && row.contains(document.activeElement)) focusNext(row);
    } catch {
        toast("error", "No answer came. The list shows what is true as soon as the server is back.");
    }
    setBusy(row, false);
    await refresh();
}

form.addEventListener("submit", (event) => {
    const row = rowOf(event.submitter);
    if (!row) {
        if (selected().length) return;
        event.preventDefault();
        toast("warning", "Nothing is selected.");
        return;
    }
    event.preventDefault();
    if (isFresh(row)) {
        toast("warning", "This request has just changed. Look again.");
        return;
    }
    press(row, event.submitter);
});

/* Keys -------------------------------------------------------------------------------------------- */

function move(step) {
    const rows = allRows();
    const current = rows.indexOf(rowOf(document.activeElement));
    focusRow(rows[current < 0 ? (step > 0 ? 0 : rows.length - 1) : current + step]);
    return true;
}

function extend(step) {
    const row = rowOf(document.activeElement);
    if (row) select(row, true);
    move(step);
    return select(rowOf(document.activeElement), true);
}

function openRow(focused, hash = "") {
    const row = rowOf(focused);
    if (!row) return false;
    location.assign(row.dataset.page + hash);
    return true;
}

function approve(focused) {
    if (actOnSelection("approve")) return true;
    const row = rowOf(focused);
    const button = row?.querySelector("button[data-act=approve]");
    if (button) button.click();
    else if (row?.querySelector("[data-act=review]")) openRow(focused);
    return Boolean(row);
}

function deny(focused) {
    if (actOnSelection("deny")) return true;
    return rowOf(focused)?.querySelector("[data-act=deny]") ? openRow(focused, "#reason") : false;
}

function pressTool(focused, name) {
    const button = rowOf(focused)?.querySelector(`[data-do=${name}]`);
    button?.click();
    return Boolean(button);
}

function goTo(link) {
    if (link) location.assign(link.href);
    return Boolean(link);
}

function clear() {
    if (document.activeElement === search) move(1);
    else if (selected().length) selectNothing();
    else document.activeElement?.blur();
    return true;
}

/* Only what moves goes on while its key is held. */
const once = (act) => (focused, { isHeld, argument }) => !isHeld && act(focused, argument);

onKeys(readKeys(help, {
    next: () => move(1),
    previous: () => move(-1),
    "extend-down": () => extend(1),
    "extend-up": () => extend(-1),
    open: once((focused) => (focused.matches("a, button, input, summary") ? false : openRow(focused))),
    search: once(() => {
        search.focus();
        search.select();
        return true;
    }),
    approve: once(approve),
    deny: once(deny),
    claim: once((focused) => pressTool(focused, "claim")),
    snooze: once((focused) => pressTool(focused, "snooze")),
    select: once((focused) => select(rowOf(focused))),
    clear: once(clear),
    tab: once((focused, name) => goTo(document.querySelector(`.tab[data-tab=${name}]`))),
    group: once(() => goTo(document.getElementById("group-switch"))),
    help: once(() => {
        help.showModal();
        return true;
    }),
}));
const showKeys = document.getElementById("show-keys");
showKeys.hidden = !matchMedia("(hover: hover)").matches;
showKeys.addEventListener("click", () => help.showModal());

/* On a phone the tabs are wider than the screen. */
function showCurrentTab() {
    const tab = document.querySelector(".tab[aria-current]");
    if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;
}

showCurrentTab();
followPointer();
followTicks();
closeMenus();
follow({ topics: ["requests"], refresh });
