/* Rows of a form that are added, removed and moved, by buttons and by Alt + arrow keys; every step is said aloud. */

const FIELD = "input, select, textarea";

function number(list) {
    const rows = [...list.children];
    rows.forEach((row, index) => {
        row.querySelector("[data-row-number]")?.replaceChildren(String(index + 1));
        row.dataset.problemRow = row.dataset.problemRow.replace(/\d+$/, String(index));
        for (const button of row.querySelectorAll("button[name=act]")) button.value = button.value.replace(/\d+$/, String(index));
        const [up, down] = row.querySelectorAll("[data-row-move]");
        up.disabled = index === 0;
        down.disabled = index === rows.length - 1;
    });
    return rows.length;
}

function follow(group, changed) {
    const list = group.querySelector("[data-rows-list]");
    const template = group.querySelector("[data-rows-template]");
    const empty = group.querySelector("[data-rows-empty]");
    const status = group.querySelector("[data-rows-status]");
    const word = group.dataset.word;

    function settle(sentence) {
        empty.hidden = number(list) > 0;
        status.textContent = sentence;
        changed();
    }

    function place(row) {
        return `${[...list.children].indexOf(row) + 1} of ${list.children.length}`;
    }

    function add(after = null) {
        const row = template.content.firstElementChild.cloneNode(true);
        if (after) after.after(row);
        else list.append(row);
        settle(`Added ${word} ${place(row)}.`);
        row.querySelector(FIELD).focus();
    }

    function remove(row) {
        const next = row.nextElementSibling ?? row.previousElementSibling;
        row.remove();
        settle(`Removed a ${word}.`);
        (next?.querySelector("[data-row-remove]") ?? group.querySelector("[data-row-add]")).focus();
    }

    function move(row, step) {
        const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
        if (!other) return;
        const focused = document.activeElement;
        if (step < 0) other.before(row);
        else other.after(row);
        settle(`Moved to ${place(row)}.`);
        /* A button that has come to the end of the list is disabled: its neighbour takes the focus. */
        if (focused.disabled) [...row.querySelectorAll("[data-row-move]")].find((button) => !button.disabled)?.focus();
        else focused.focus();
    }

    group.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (!button) return;
        const row = button.closest("[data-row]");
        if ("rowAdd" in button.dataset) add();
        else if (row && "rowRemove" in button.dataset) remove(row);
        else if (row && button.dataset.rowMove) move(row, Number(button.dataset.rowMove));
        else return;
        event.preventDefault();
    });
    group.addEventListener("keydown", (event) => {
        const row = event.target.closest("[data-row]");
        if (!row || !event.altKey || event.ctrlKey || event.metaKey) return;
        const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (!step) return;
        event.preventDefault();
        move(row, step);
    });
    number(list);
}

export function followRows(form, changed) {
    for (const group of form.querySelectorAll("[data-rows]")) follow(group, changed);
}
