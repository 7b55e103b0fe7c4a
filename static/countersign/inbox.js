/* The inbox: rows come, change and grey out while one looks at them, and are decided without leaving the list.
   Nothing moves under the pointer: new rows wait behind a button while it is over the list. */

import "./clock.js";
import { onKeys } from "./keys.js";
import { follow, fetchPage, showWaiting, signature } from "./live.js";
import { closeMenus } from "./menus.js";
import { toast } from "./toast.js";

/* A row that has just changed takes no press: it is no longer what was read. */
const FRESH_MS = 700;
const TOUCH_REST_MS = 2000;

const form = document.getElementById("changelist-form");
const showNew = document.getElementById("show-new");
const keys = document.getElementById("keys");
const hovers = matchMedia("(hover: hover)").matches;
let lastTouch = 0;
let held = null;

const body = () => document.querySelector("#rows tbody");
const allRows = () => [...document.querySelectorAll("#rows tr.row")];
const rowOf = (element) => element?.closest?.("tr.row") ?? null;

/* Rows -------------------------------------------------------------------------------------------- */

function isInUse() {
    if (!allRows().length) return false;
    if (hovers) return document.querySelector("#rows .results").matches(":hover");
    return window.scrollY > 0 || Date.now() - lastTouch < TOUCH_REST_MS;
}

function freshen(row, className) {
    row.classList.add(className);
    row.dataset.fresh = "";
    setTimeout(() => delete row.dataset.fresh, FRESH_MS);
}

function update(old, fresh) {
    if (signature(old) === signature(fresh)) return;
    const focused = old.contains(document.activeElement);
    old.className = fresh.className;
    old.replaceChildren(...fresh.childNodes);
    freshen(old, "is-changed");
    if (focused) old.focus({ preventScroll: true });
}

/* Put newcomers into the places that the server's order gives them. */
function insert(ordered) {
    const here = new Map(allRows().map((row) => [row.dataset.id, row]));
    let anchor = null;
    for (const row of [...ordered].reverse()) {
        const known = here.get(row.dataset.id);
        if (known) {
            anchor = known;
            continue;
        }
        body().insertBefore(row, anchor);
        freshen(row, "is-new");
        anchor = row;
    }
    if (ordered.length) {
        document.querySelector("#rows thead").hidden = false;
        document.querySelector("#rows > .empty")?.remove();
    }
    held = null;
    showNew.hidden = true;
}

function hold(ordered, count) {
    held = ordered;
    showNew.textContent = `Show ${count} new request${count === 1 ? "" : "s"}`;
    showNew.hidden = false;
}

function merge(page) {
    const incoming = [...page.querySelectorAll("tr.row")];
    const ids = new Set(incoming.map((row) => row.dataset.id));
    const here = new Map(allRows().map((row) => [row.dataset.id, row]));
    for (const [id, row] of here) if (!ids.has(id)) row.remove();
    let newcomers = 0;
    for (const row of incoming) {
        const old = here.get(row.dataset.id);
        if (old) update(old, row);
        else newcomers += 1;
    }
    const listed = incoming.filter((row) => !row.classList.contains("settled"));
    if (newcomers && isInUse()) hold(listed, newcomers);
    else insert(listed);
    const pages = page.querySelector("#rows .paginator");
    if (pages) document.querySelector("#rows .paginator")?.replaceWith(pages);
}

async function refresh() {
    const url = new URL(location.href);
    url.hash = "";
    url.searchParams.set("_rows", "1");
    url.searchParams.set("_known", allRows().map((row) => row.dataset.id).join(","));
    const page = await fetchPage(url);
    const rows = page?.getElementById("rows");
    if (!rows) return;
    merge(page);
    const count = Number(rows.dataset.waitingCount);
    showWaiting(count);
    document.title = `${count ? `(${count}) ` : ""}${form.dataset.title} | Countersign`;
}

/* Deciding ---------------------------------------------------------------------------------------- */

function setBusy(row, isBusy) {
    row.toggleAttribute("aria-busy", isBusy);
    for (const button of row.querySelectorAll("button")) button.disabled = isBusy;
}

function focusNext(row) {
    const rows = allRows();
    const after = rows.slice(rows.indexOf(row) + 1).find((item) => !item.classList.contains("settled"));
    (after ?? row).focus({ preventScroll: true });
    after?.scrollIntoView({ block: "nearest" });
}

async function send(row, button) {
    const data = new FormData();
    data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    data.set(`fingerprint-${row.dataset.id}`, form.elements[`fingerprint-${row.dataset.id}`].value);
    const answer = await fetch(button.formAction, {
        method: "POST",
        body: data,
        redirect: "manual",
        headers: { Accept: "application/json", "X-Countersign-Script": "1" },
    });
    if (!(answer.headers.get("Content-Type") ?? "").startsWith("application/json")) return null;
    return answer.json();
}

async function decide(row, button) {
    const wasFocused = row.contains(document.activeElement);
    setBusy(row, true);
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
    } catch {
        toast("error", "No answer came. The list shows what is true as soon as the server is back.");
    }
    setBusy(row, false);
    await refresh();
    if (wasFocused) focusNext(row);
}

form.addEventListener("submit", (event) => {
    const row = rowOf(event.submitter);
    if (!row) return;
    event.preventDefault();
    if ("fresh" in row.dataset) {
        toast("warning", "This request has just changed. Look again.");
        return;
    }
    decide(row, event.submitter);
});

showNew.addEventListener("click", () => held && insert(held));
document.addEventListener("touchstart", () => { lastTouch = Date.now(); }, { passive: true });

/* Keys -------------------------------------------------------------------------------------------- */

function move(step) {
    const rows = allRows();
    const current = rows.indexOf(rowOf(document.activeElement));
    const next = rows[current < 0 ? (step > 0 ? 0 : rows.length - 1) : current + step];
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
}

function openRow(focused, hash = "") {
    const row = rowOf(focused);
    if (!row) return false;
    location.assign(row.dataset.page + hash);
    return true;
}

function approveRow(focused) {
    const row = rowOf(focused);
    const button = row?.querySelector("button[data-act=approve]");
    if (button) button.click();
    else openRow(focused);
    return Boolean(row);
}

onKeys({
    j: () => move(1),
    k: () => move(-1),
    a: approveRow,
    d: (focused) => (rowOf(focused)?.querySelector("[data-act=deny]") ? openRow(focused, "#reason") : false),
    Enter: (focused) => (focused.matches("tr.row") ? openRow(focused) : false),
    "?": () => keys.showModal(),
});
const showKeys = document.getElementById("show-keys");
showKeys.hidden = !hovers;
showKeys.addEventListener("click", () => keys.showModal());

closeMenus();
follow({ topics: ["requests"], refresh });
