/* Short messages at the edge of the page, read out by screen readers. */

const SHOWN_MS = 8000;
const SHOWN_AT_ONCE = 3;

function box() {
    let toasts = document.getElementById("toasts");
    if (!toasts) {
        toasts = document.createElement("div");
        toasts.id = "toasts";
        toasts.setAttribute("role", "status");
        document.body.append(toasts);
    }
    return toasts;
}

/* `level` is success, warning or error; the word stands before the sentence, so that colour is not all. */
export function toast(level, sentence) {
    const item = document.createElement("p");
    item.className = `toast ${level}`;
    item.textContent = level === "success" ? sentence : `${level === "error" ? "Error" : "Note"}: ${sentence}`;
    box().append(item);
    while (box().childElementCount > SHOWN_AT_ONCE) box().firstElementChild.remove();
    setTimeout(() => item.remove(), SHOWN_MS);
}
