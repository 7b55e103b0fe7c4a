/* Text as it is being written, by the same rules of Markdown that the server has for the commonest things, so that
   little moves when the whole text is there. Never HTML: every word becomes a text node. Blocks that are complete
   are left alone; only the last ones are made anew. */

const FENCE = /^\s{0,3}(```+|~~~+)/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.*)$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const QUOTE = /^\s{0,3}>\s?(.*)$/;
const INLINE = /(`[^`\n]+`|\*\*[^*\n]+\*\*|\*[^*\s][^*\n]*\*)/;
/* What could make a text look like another one is shown as a mark, as on the server. */
const DECEPTIVE = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/;
const DECEPTIVE_OR_NOT = new RegExp(`(${DECEPTIVE.source})`);

const shown = new WeakMap();

export function splitBlocks(text) {
    const blocks = [];
    let open = null;
    const begin = (kind, extra = {}) => {
        open = { kind, lines: [], ...extra };
        blocks.push(open);
        return open;
    };
    for (const line of text.split("\n")) {
        if (open?.kind === "pre") {
            if (line.trim().startsWith(open.fence) && !line.trim().slice(open.fence.length).trim()) open = null;
            else open.lines.push(line);
            continue;
        }
        const fence = FENCE.exec(line);
        const heading = HEADING.exec(line);
        const item = ITEM.exec(line);
        const quote = QUOTE.exec(line);
        if (fence) begin("pre", { fence: fence[1] });
        else if (!line.trim()) open = null;
        else if (heading) {
            begin(`h${heading[1].length}`).lines.push(heading[2]);
            open = null;
        } else if (item) {
            const kind = /\d/.test(item[2]) ? "ol" : "ul";
            if (open?.kind !== kind) begin(kind);
            open.lines.push(item[3]);
        } else if (quote) {
            if (open?.kind !== "blockquote") begin("blockquote");
            open.lines.push(quote[1]);
        } else if (open?.kind === "ul" || open?.kind === "ol") {
            open.lines[open.lines.length - 1] += ` ${line.trim()}`;
        } else {
            if (open?.kind !== "p") begin("p");
            open.lines.push(line);
        }
    }
    return blocks;
}

function addText(parent, text) {
    for (const piece of text.split(DECEPTIVE_OR_NOT)) {
        if (!piece) continue;
        if (!DECEPTIVE.test(piece)) {
            parent.append(piece);
            continue;
        }
        const mark = document.createElement("mark");
        mark.className = "unseen";
        mark.textContent = `⟨U+${piece.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
        parent.append(mark);
    }
}

function addInline(parent, text) {
    for (const piece of text.split(INLINE)) {
        if (!piece) continue;
        const name = piece.length > 2 && INLINE.test(piece) ? { "`": "code", "*": piece.startsWith("**") ? "strong" : "em" }[piece[0]] : null;
        if (!name) {
            addText(parent, piece);
            continue;
        }
        const width = name === "strong" ? 2 : 1;
        const element = document.createElement(name);
        addText(element, piece.slice(width, -width));
        parent.append(element);
    }
}

function build(block) {
    const element = document.createElement(block.kind);
    if (block.kind === "pre") {
        const code = document.createElement("code");
        addText(code, block.lines.join("\n"));
        element.append(code);
    } else if (block.kind === "ul" || block.kind === "ol") {
        for (const line of block.lines) {
            const item = document.createElement("li");
            addInline(item, line);
            element.append(item);
        }
    } else if (block.kind === "blockquote") {
        const words = document.createElement("p");
        addInline(words, block.lines.join("\n"));
        element.append(words);
    } else addInline(element, block.lines.join("\n"));
    return element;
}

/* Make `element` show `text`. */
export function write(element, text) {
    const blocks = splitBlocks(text);
    const keys = blocks.map((block) => `${block.kind}\n${block.lines.join("\n")}`);
    const old = shown.get(element) ?? [];
    let same = 0;
    if (old.length === element.childNodes.length) while (same < old.length && old[same] === keys[same]) same += 1;
    while (element.childNodes.length > same) element.lastChild.remove();
    element.append(...blocks.slice(same).map(build));
    shown.set(element, keys);
}
