/* What an agent is just writing, part by part. What the server stores is the truth; this only shows it earlier, and
   gives way as soon as the stored text is as long, or the message is finished. Lengths are UTF-16 units. */

import { write } from "./writing.js";

const AGAIN_MS = 1000;

const parts = new Map();
const news = new Set();
let askedAgainAt = -Infinity;
let frame = 0;

const itemOf = (message) => document.querySelector(`#conversation [data-message="${CSS.escape(message)}"]`);
const partOf = (id) => document.querySelector(`#conversation [data-part="${CSS.escape(id)}"]`);
const isFinished = (item) => !["", "processing"].includes(item.dataset.status);

function make(name, className, ...children) {
    const element = document.createElement(name);
    element.className = className;
    element.append(...children);
    return element;
}

/* A message that the page does not have yet: it comes with the next look, under its own key. */
function addItem(message, who) {
    const item = make("li", "said-item said-by-assistant is-fresh");
    item.dataset.key = `new-${message}`;
    item.dataset.message = message;
    item.dataset.status = "processing";
    const strong = make("strong", "");
    strong.textContent = who;
    const head = make("p", "said-by", strong);
    const last = document.querySelector("#conversation > li:last-child");
    if (last?.matches(".said-by-assistant")) {
        item.classList.add("continues");
        head.classList.add("visually-hidden");
    }
    item.append(head, make("div", "said-parts"));
    document.getElementById("conversation").append(item);
    document.querySelector("#turn > .empty")?.remove();
    return item;
}

function addPart(item, id, kind) {
    const prose = make("div", "prose part");
    prose.dataset.part = id;
    prose.dataset.length = "0";
    prose.dir = "auto";
    const box = item.querySelector(".said-parts");
    if (kind === "reasoning") {
        const summary = make("summary", "");
        summary.textContent = "Thoughts";
        const details = make("details", "thought part", summary, prose);
        details.open = true;
        box.append(details);
    } else box.append(prose);
    return prose;
}

function paint(id) {
    const { message, kind, text } = parts.get(id);
    const item = itemOf(message) ?? addItem(message, document.getElementById("conversation").dataset.agent);
    if (isFinished(item)) {
        parts.delete(id);
        return;
    }
    const element = partOf(id) ?? (text.trim() ? addPart(item, id, kind) : null);
    if (element && Number(element.dataset.length) < text.length) write(element, text);
}

/* Once a frame, whatever arrives meanwhile; `then` follows what has grown. */
function paintSoon(then) {
    if (frame) return;
    frame = requestAnimationFrame(() => {
        frame = 0;
        for (const id of news) paint(id);
        news.clear();
        then();
    });
}

/* One piece of text. False when what came before it is missing here. */
export function takeDelta({ message, part, kind, offset, text }, then) {
    const known = parts.get(part) ?? { message, kind, text: "" };
    if (offset > known.text.length) return false;
    known.text += text.slice(known.text.length - offset);
    parts.set(part, known);
    news.add(part);
    paintSoon(then);
    return true;
}

/* After the page has been read again: what is ahead of it is shown again. */
export function paintAll() {
    for (const id of [...parts.keys()]) paint(id);
}

/* Everything that is being written is told again from its beginning, at most once a second. */
export function askAgain(stream) {
    if (performance.now() - askedAgainAt < AGAIN_MS) return;
    askedAgainAt = performance.now();
    parts.clear();
    stream.followAgain();
}
