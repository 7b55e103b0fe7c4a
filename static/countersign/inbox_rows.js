/* The inbox's rows as the server has them: they come, change and grey out while one looks at them.
   Nothing moves under the pointer: rows that would push others wait behind a button while it is over the list. */

import { signature } from "./live.js";

/* A row that has just changed takes no press: it is no longer what was read. */
const FRESH_MS = 700;
const TOUCH_REST_MS = 2000;
/* Rows that have been settled stay for a while, so that one sees what became of them. */
const SETTLED_KEPT = 40;

const hovers = matchMedia("(hover: hover)").matches;
const showNew = document.getElementById("show-new");
const news = document.getElementById("news");
let lastTouch = 0;
let held = null;

const body = () => document.querySelector("#rows tbody");
export const allRows = () => [...document.querySelectorAll("#rows tr.row")];
export const rowOf = (element) => element?.closest?.("tr.row") ?? null;
export const isFresh = (row) => "fresh" in row.dataset;
const allLines = () => [...document.querySelectorAll("#rows tbody > tr[data-id]")];
const isSettled = (row) => row.classList.contains("settled");
const byId = (lines) => new Map(lines.map((line) => [line.dataset.id, line]));

/* The rows the page holds, as the server is asked for them; the oldest settled ones are let go. */
export function knownIds() {
    const rows = allRows();
    const settled = rows.filter(isSettled);
    const dropped = new Set(settled.slice(0, Math.max(0, settled.length - SETTLED_KEPT)));
    return rows.filter((row) => !dropped.has(row) || row.contains(document.activeElement)).map((row) => row.dataset.id);
}

function isInUse() {
    if (!allRows().length) return false;
    if (hovers) return document.querySelector("#rows .results").matches(":hover");
    return window.scrollY > 0 || Date.now() - lastTouch < TOUCH_REST_MS;
}

function freshen(line, className) {
    line.classList.add(className);
    line.dataset.fresh = "";
    setTimeout(() => delete line.dataset.fresh, FRESH_MS);
}

/* What one reads before one presses; what stands around it may change under the finger. */
function essence(line) {
    const parts = line.querySelectorAll("[name^=fingerprint], .command, .risk, .finding, [data-act], .settled-by, .group-title");
    return [...parts].map((part) => part.dataset.act ?? part.value ?? part.textContent).join("\n");
}

function isChecked(row) {
    return row.querySelector("input[name=selected]")?.checked ?? false;
}

/* True when the row has been settled by this. */
function update(old, fresh) {
    if (signature(old) === signature(fresh)) return false;
    const focused = old.contains(document.activeElement);
    const wasChecked = isChecked(old);
    const wasSettled = isSettled(old);
    const isOther = essence(old) !== essence(fresh);
    old.className = fresh.className;
    old.replaceChildren(...fresh.childNodes);
    const box = old.querySelector("input[name=selected]");
    if (box) box.checked = wasChecked;
    if (isOther) freshen(old, "is-changed");
    if (focused) old.focus({ preventScroll: true });
    return isSettled(old) && !wasSettled;
}

/* Put newcomers into the places that the server's order gives them; with `tailOnly`, only those below all others. */
function insert(ordered, tailOnly = false) {
    const here = byId(allLines());
    let anchor = null;
    for (const line of [...ordered].reverse()) {
        const known = here.get(line.dataset.id);
        if (known) {
            if (tailOnly) return;
            anchor = known;
            continue;
        }
        body().insertBefore(line, anchor);
        freshen(line, "is-new");
        anchor = line;
    }
}

function release(ordered) {
    insert(ordered);
    held = null;
    showNew.hidden = true;
}

function hold(ordered, count) {
    held = ordered;
    showNew.textContent = `Show ${count} new request${count === 1 ? "" : "s"}`;
    showNew.hidden = false;
}

function showEmptiness(page) {
    const isEmpty = !allRows().length;
    document.querySelector("#rows thead").hidden = isEmpty;
    const old = document.querySelector("#rows > .empty");
    if (!isEmpty) old?.remove();
    else if (!old) document.querySelector("#rows .results").after(...page.querySelectorAll("#rows > .empty"));
}

/* For whoever hears the page: what came, and what others did. */
function tell(newcomers, settled, own) {
    const words = [];
    if (newcomers) words.push(`${newcomers} new request${newcomers === 1 ? "" : "s"}.`);
    for (const row of settled.filter(({ dataset }) => !own.has(dataset.id))) {
        const what = row.querySelector(".command")?.textContent.trim().slice(0, 60) ?? "";
        const how = row.querySelector(".settled-by")?.textContent.trim();
        if (how) words.push(`${what}: ${how}.`);
    }
    if (words.length) news.textContent = words.join(" ");
}

/* Make the rows those of `page`; `own` holds the ids that this person has just acted on. */
export function merge(page, own = new Set()) {
    const incoming = [...page.querySelectorAll("#rows tbody > tr[data-id]")];
    const ids = new Set(incoming.map((line) => line.dataset.id));
    const here = byId(allLines());
    const settled = [];
    for (const [id, line] of here) if (!ids.has(id)) line.remove();
    let newcomers = 0;
    for (const line of incoming) {
        const old = here.get(line.dataset.id);
        if (old) {
            if (update(old, line)) settled.push(old);
        } else if (line.matches(".row") && !isSettled(line)) newcomers += 1;
    }
    const listed = incoming.filter((line) => !isSettled(line));
    if (newcomers && isInUse()) {
        insert(listed, true);
        const shown = byId(allLines());
        const waiting = listed.filter((line) => line.matches(".row") && !shown.has(line.dataset.id));
        if (waiting.length) hold(listed, waiting.length);
        else release(listed);
    } else release(listed);
    tell(newcomers, settled, own);
    showEmptiness(page);
    const pages = page.querySelector("#rows .paginator");
    if (pages) document.querySelector("#rows .paginator")?.replaceWith(pages);
}

export function followPointer() {
    showNew.addEventListener("click", () => held && release(held));
    document.addEventListener("touchstart", () => { lastTouch = Date.now(); }, { passive: true });
}
