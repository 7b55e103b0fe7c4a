/* The list of chats: true while it is open, and walked by keys. */

import "../countersign/clock.js";
import { onKeys, readKeys } from "../countersign/keys.js";
import { followRegions } from "../countersign/live.js";
import { closeMenus } from "../countersign/menus.js";
import { followMenu } from "./menu.js";

const help = document.getElementById("keys");
const links = () => [...document.querySelectorAll(".chat-row-link")];

function step(by) {
    const all = links();
    if (!all.length) return false;
    const here = all.indexOf(document.activeElement);
    const next = all[here < 0 ? 0 : Math.min(all.length - 1, Math.max(0, here + by))];
    next.focus();
    next.closest(".chat-row").scrollIntoView({ block: "nearest" });
    return true;
}

function press(selector) {
    const element = document.querySelector(selector);
    element?.click();
    return Boolean(element);
}

onKeys(readKeys(help, {
    next: () => step(1),
    previous: () => step(-1),
    /* The browser opens the link in focus. */
    open: () => false,
    search: () => {
        document.getElementById("searchbar").focus();
        return true;
    },
    new: (_, { isHeld }) => !isHeld && press("#new-chat"),
    inbox: (_, { isHeld }) => !isHeld && press(".header-inbox"),
    help: () => {
        help.showModal();
        return true;
    },
}));
const showKeys = document.getElementById("show-keys");
showKeys.hidden = !matchMedia("(hover: hover)").matches;
showKeys.addEventListener("click", () => help.showModal());

closeMenus();
followRegions();
followMenu();
