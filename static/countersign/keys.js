/* Keys of a page: one letter, or two after one another, one act. Never while typing, never with Control, Alt or
   Command, never behind a dialog. */

const SECOND_KEY_MS = 1500;
const NOT_TYPED_IN = ["checkbox", "radio", "button", "submit", "reset"];

function isTyping(element) {
    if (element.matches("input")) return !NOT_TYPED_IN.includes(element.type);
    return element.matches("textarea, select, [contenteditable]") || element.isContentEditable;
}

/* Letters with Shift are "Shift+J"; signs are what they are, whatever it takes to type them. */
function nameOf(event) {
    return event.shiftKey && /^\p{L}$/u.test(event.key) ? `Shift+${event.key.toUpperCase()}` : event.key;
}

/* `acts` maps a key ("j", "Shift+J", "g m") to a function; it gets the element in focus (the body when nothing is)
   and whether the key is being held. An act that answers false leaves the key to the browser. */
export function onKeys(acts) {
    const firsts = new Set(Object.keys(acts).filter((name) => name.includes(" ")).map((name) => name.split(" ")[0]));
    let first = null;
    let firstAt = 0;
    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
        if (["Shift", "CapsLock"].includes(event.key)) return;
        if (document.querySelector("dialog[open]")) return;
        if (isTyping(event.target) && event.key !== "Escape") return;
        const name = nameOf(event);
        const isSecond = first !== null && performance.now() - firstAt < SECOND_KEY_MS;
        const act = isSecond ? acts[`${first} ${name}`] : acts[name];
        first = null;
        if (!isSecond && firsts.has(name) && !event.repeat) {
            first = name;
            firstAt = performance.now();
        }
        if (act?.(document.activeElement ?? document.body, event.repeat) ?? false) event.preventDefault();
    });
}

/* What the help says is what the keys do: `acts` by the names that stand in its table. */
export function readKeys(help, acts) {
    const table = {};
    for (const line of help.querySelectorAll("[data-key]")) {
        const { key, keyAct, keyUrl } = line.dataset;
        table[key] = (focused, isHeld) => acts[keyAct](focused, { isHeld, argument: keyUrl });
    }
    return table;
}
