/* Keys of a page: one letter, one act. Never while typing, never with a modifier, never behind a dialog. */

function isTyping(element) {
    return element.matches("input, textarea, select, [contenteditable]") || element.isContentEditable;
}

/* `acts` maps a key to a function; it gets the element in focus (the body when nothing is). */
export function onKeys(acts) {
    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing) return;
        if (document.querySelector("dialog[open]") || isTyping(event.target)) return;
        const act = acts[event.key];
        if (!act) return;
        if (act(document.activeElement ?? document.body) !== false) event.preventDefault();
    });
}
