/* The rule's form: what it covers, and what it says of the lines to try, is read again as one types. */

import "./clock.js";
import { followRegions } from "./live.js";
import { closeMenus } from "./menus.js";

const QUIET_MS = 400;

const form = document.getElementById("rule-form");
const reading = document.getElementById("reading");
let timer = 0;
let asked = 0;

async function readAgain() {
    const mine = ++asked;
    reading.dataset.busy = "yes";
    try {
        const answer = await fetch(form.dataset.try, { method: "POST", body: new FormData(form), credentials: "same-origin" });
        const html = await answer.text();
        /* An answer that was overtaken says nothing; one that is no piece of the page is left to the button. */
        if (mine !== asked || !answer.ok || answer.redirected) return;
        reading.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    } catch {
        /* Offline: the button still asks. */
    } finally {
        if (mine === asked) delete reading.dataset.busy;
    }
}

function readSoon() {
    clearTimeout(timer);
    timer = setTimeout(readAgain, QUIET_MS);
}

closeMenus();
followRegions();
form.addEventListener("input", readSoon);
