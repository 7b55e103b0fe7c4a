/* The code editor in the place of a textarea: Markdown, search, history, {{variables}} marked.

   It stands in a shadow root: there CodeMirror keeps its rules in adopted style sheets, which our policy allows,
   instead of a <style> element, which it forbids. Custom properties reach inside, so the theme follows the page. */

import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { HighlightStyle, Language, defineLanguageFacet, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import {
    Decoration,
    EditorView,
    MatchDecorator,
    ViewPlugin,
    drawSelection,
    highlightActiveLine,
    highlightSpecialChars,
    keymap,
    lineNumbers,
    rectangularSelection,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { Strikethrough, Table, TaskList, parser } from "@lezer/markdown";

const markdown = new Language(
    defineLanguageFacet({ commentTokens: { block: { open: "<!--", close: "-->" } } }),
    parser.configure([Table, TaskList, Strikethrough]),
    [],
    "markdown",
);

const colours = HighlightStyle.define([
    { tag: tags.heading, color: "var(--ink)", fontWeight: "700" },
    { tag: tags.strong, fontWeight: "700" },
    { tag: tags.emphasis, fontStyle: "italic" },
    { tag: tags.strikethrough, textDecoration: "line-through" },
    { tag: [tags.link, tags.url], color: "var(--accent)" },
    { tag: tags.monospace, color: "var(--ok)" },
    { tag: tags.quote, color: "var(--ink-quiet)" },
    { tag: [tags.processingInstruction, tags.contentSeparator], color: "var(--ink-quiet)" },
]);

const theme = EditorView.theme({
    "&": { color: "var(--ink)", backgroundColor: "var(--surface)", fontSize: "0.8125rem", borderRadius: "6px" },
    "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "1px" },
    ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", maxHeight: "70vh" },
    ".cm-content, .cm-gutter": { minHeight: "16rem" },
    ".cm-content": { caretColor: "var(--ink)", padding: "0.5rem 0" },
    ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--ink)" },
    ".cm-gutters": { color: "var(--ink-quiet)", backgroundColor: "var(--sunken)", border: "0", borderRadius: "6px 0 0 6px" },
    ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent-wash) 40%, transparent)" },
    ".cm-activeLineGutter": { backgroundColor: "transparent" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--accent-wash)" },
    ".cm-selectionMatch, .cm-searchMatch": { backgroundColor: "var(--warn-wash)" },
    ".cm-searchMatch-selected": { outline: "1px solid var(--warn)" },
    ".cm-specialChar": { color: "var(--bad)", backgroundColor: "var(--bad-wash)" },
    ".cm-panels": { color: "var(--ink)", backgroundColor: "var(--sunken)" },
    ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--line)" },
    ".cm-panel.cm-search": { display: "flex", flexWrap: "wrap", gap: "0.25rem", alignItems: "center", padding: "0.5rem" },
    ".cm-panel.cm-search br": { display: "none" },
    ".cm-panel.cm-search button, .cm-textfield": { color: "var(--ink)", background: "var(--surface)", border: "1px solid var(--line-strong)", borderRadius: "4px" },
    ".cm-variable": { color: "var(--accent)", fontWeight: "700" },
    ".cm-variable-unknown": { color: "var(--bad)", fontWeight: "700", textDecoration: "underline wavy" },
});

/* As the server reads them: exactly so, without blanks. */
const VARIABLE = /\{\{([a-z][a-z0-9_]{0,63})\}\}/g;

function markVariables(listDeclared) {
    const decorator = new MatchDecorator({
        regexp: VARIABLE,
        decoration: (match) => {
            const isKnown = listDeclared().has(match[1]);
            return Decoration.mark({
                class: isKnown ? "cm-variable" : "cm-variable-unknown",
                attributes: { title: isKnown ? "a declared variable" : "no variable of this name is declared" },
            });
        },
    });
    return ViewPlugin.fromClass(
        class {
            constructor(view) {
                this.marks = decorator.createDeco(view);
            }
            update(update) {
                const isAsked = update.transactions.some((change) => change.isUserEvent("variables"));
                this.marks = isAsked ? decorator.createDeco(update.view) : decorator.updateDeco(update, this.marks);
            }
        },
        { decorations: (plugin) => plugin.marks },
    );
}

/* Over a selection a browser writes in the style of what it replaces, as inline style, which the policy forbids. */
const overSelection = EditorView.domEventHandlers({
    beforeinput(event, view) {
        if (event.inputType !== "insertText" || !event.data || view.composing || view.state.selection.main.empty) return false;
        event.preventDefault();
        view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
        return true;
    },
});

/* Tab stays the key that leaves the field; Ctrl-] and Ctrl-[ indent, as everywhere. */
const indentation = [
    { key: "Mod-]", run: indentMore },
    { key: "Mod-[", run: indentLess },
];

/* Put the editor in the place of `textarea`, which keeps the text for the form. Answers {refresh, focus, setText}. */
export function openEditor(textarea, { label, describedBy = "", listDeclared = () => new Set() }) {
    const host = document.createElement("div");
    host.className = "code-editor";
    textarea.after(host);
    const root = host.attachShadow({ mode: "open", delegatesFocus: true });
    const place = document.createElement("div");
    root.append(place);
    const view = new EditorView({
        root,
        parent: place,
        state: EditorState.create({
            doc: textarea.value,
            extensions: [
                lineNumbers(),
                history(),
                drawSelection(),
                rectangularSelection(),
                highlightActiveLine(),
                highlightSpecialChars(),
                highlightSelectionMatches(),
                search({ top: false }),
                EditorView.lineWrapping,
                EditorState.readOnly.of(textarea.readOnly || textarea.disabled),
                EditorView.contentAttributes.of({
                    "aria-label": label,
                    "aria-description": describedBy,
                    spellcheck: "true",
                }),
                markdown.extension,
                syntaxHighlighting(colours),
                markVariables(listDeclared),
                theme,
                overSelection,
                keymap.of([...indentation, ...searchKeymap, ...historyKeymap, ...defaultKeymap]),
                EditorView.updateListener.of((update) => {
                    if (!update.docChanged) return;
                    textarea.value = update.state.doc.toString();
                    textarea.dispatchEvent(new Event("input", { bubbles: true }));
                }),
            ],
        }),
    });
    textarea.hidden = true;
    for (const word of textarea.labels) {
        word.addEventListener("click", (event) => {
            event.preventDefault();
            view.focus();
        });
    }
    return {
        focus: () => view.focus(),
        refresh: () => view.dispatch({ userEvent: "variables" }),
        setText: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    };
}
