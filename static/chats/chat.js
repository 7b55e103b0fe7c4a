/* One chat, open all day: it follows what is said as it is said, and reads itself again when something has happened. */

import "../countersign/clock.js";
import { onKeys, readKeys } from "../countersign/keys.js";
import { fetchPage, follow, replaceIfChanged, showWaiting } from "../countersign/live.js";
import { closeMenus } from "../countersign/menus.js";
import { approveByKey, denyByKey, followAsks, holdNew, openByKey, openCards, step } from "./asks.js";
import { focusComposer, followComposer, replaceComposer } from "./composer.js";
import { followMenu } from "./menu.js";
import { keepOpen, mergeConversation, rememberConversation } from "./merging.js";
import { isSendable, send } from "./sending.js";
import { askAgain, paintAll, takeDelta } from "./streaming.js";

const NEAR_PX = 120;
/* Where no websocket gets through, nothing says that an agent has gone on writing. */
const LOOK_AGAIN_MS = 4000;
const PARTS = ["chat-head", "side-facts", "side-tree", "turn", "queue"];

const shown = document.getElementById("chat");
const help = document.getElementById("keys");
const news = document.getElementById("news");
const chat = shown.dataset.chat;
const isNewest = shown.dataset.newest === "yes";
let sticks = true;
let isBehind = false;
let live = null;

/* The end of the conversation ---------------------------------------------------------------------- */

const root = document.scrollingElement;
const distance = () => root.scrollHeight - root.scrollTop - root.clientHeight;

const toLatest = document.createElement("button");
toLatest.type = "button";
toLatest.id = "to-latest";
toLatest.className = "btn small";
toLatest.textContent = "↓ Newest";
toLatest.hidden = true;

function goToEnd() {
    sticks = true;
    toLatest.hidden = true;
    root.scrollTo({ top: root.scrollHeight });
    return true;
}

/* Whoever reads further up is left there. */
function keepEnd() {
    if (sticks) goToEnd();
    else toLatest.hidden = distance() < NEAR_PX;
}

toLatest.addEventListener("click", goToEnd);
document.addEventListener("scroll", () => {
    sticks = distance() < NEAR_PX;
    if (sticks) toLatest.hidden = true;
}, { passive: true });

/* Reading again ------------------------------------------------------------------------------------ */

/* For whoever hears the page. */
function tell(changed) {
    const words = [];
    const asked = changed.flatMap((item) => [...item.querySelectorAll(".ask-card.is-open")]).filter((card) => !card.dataset.told);
    for (const card of asked) {
        card.dataset.told = "yes";
        words.push(card.querySelector("h3").textContent.trim().replace(/\s+/g, " "));
    }
    const said = changed.filter((item) => item.matches(".said-by-assistant") && item.dataset.status === "completed" && item.querySelector(".prose"));
    if (said.length) words.push("The agent has answered.");
    if (words.length) news.textContent = words.join(". ");
}

function readToken() {
    return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

/* Only what was on the screen of somebody who looks is read. */
async function markRead() {
    const { readUrl, readAt, unread } = shown.dataset;
    if (document.hidden || unread !== "yes" || !readUrl) return;
    shown.dataset.unread = "no";
    const body = new URLSearchParams({ at: readAt, csrfmiddlewaretoken: readToken() });
    await fetch(readUrl, { method: "POST", body, headers: { "X-Countersign-Script": "1" } }).catch(() => {});
}

function replacePart(old, part) {
    if (!old || !part) return;
    keepOpen(old, part);
    replaceIfChanged(old, part);
}

async function refresh() {
    const page = await fetchPage();
    const fresh = page?.getElementById("chat");
    if (!fresh) return;
    Object.assign(shown.dataset, fresh.dataset);
    document.title = page.title;
    showWaiting(Number(page.querySelector("[data-waiting-number]")?.textContent ?? 0));
    const changed = mergeConversation(page);
    for (const id of PARTS) replacePart(document.getElementById(id), page.getElementById(id));
    replaceComposer(page);
    paintAll();
    holdNew();
    showKeysButton();
    tell(changed);
    keepEnd();
    await markRead();
}

/* Following ---------------------------------------------------------------------------------------- */

const KNOWN = () => new Set([...document.querySelectorAll("#conversation [data-ask], #conversation [data-question]")].map((each) => each.dataset.ask ?? each.dataset.question));

function concerns({ subject, words }) {
    return words?.chat === chat || [chat, shown.dataset.engine].includes(subject?.id) || KNOWN().has(subject?.id);
}

function hear(frame) {
    if (frame.type === "denied" || (frame.chat && frame.chat !== chat)) return;
    if (frame.type === "delta") {
        if (isNewest && !takeDelta(frame, keepEnd)) askAgain(live.stream);
        return;
    }
    /* A page in the background is read when it comes forward; only its badge is kept meanwhile. */
    if (document.hidden) isBehind = true;
    else live.mark();
}

document.addEventListener("visibilitychange", () => {
    if (document.hidden || !isBehind) return;
    isBehind = false;
    live.mark();
});

function showConnection({ detail }) {
    document.getElementById("offline").hidden = detail.state !== "waiting";
}

document.addEventListener("countersign:state", showConnection);
setInterval(() => {
    if (!document.hidden && live?.stream.state !== "live" && document.querySelector("#turn .working")) live.mark();
}, LOOK_AGAIN_MS);
document.addEventListener("visibilitychange", () => document.hidden || markRead());

/* Forms and keys ----------------------------------------------------------------------------------- */

document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!("quick" in form.dataset) || form.closest(".ask-card") || !isSendable(form, event.submitter)) return;
    event.preventDefault();
    if (await send(form, event.submitter)) live.mark();
});
/* Back from another page: what was pressed can be pressed again. */
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

function showKeysButton() {
    const button = document.getElementById("show-keys");
    if (button) button.hidden = !matchMedia("(hover: hover)").matches;
}

function goTo(path) {
    location.assign(path);
    return true;
}

const once = (act) => (focused, { isHeld }) => !isHeld && act(focused);
if (help) {
    onKeys(readKeys(help, {
        write: once(focusComposer),
        end: once(goToEnd),
        stop: once(() => {
            document.getElementById("stop")?.focus();
            return true;
        }),
        next: () => step(1),
        previous: () => step(-1),
        approve: once(approveByKey),
        deny: once(denyByKey),
        open: once(openByKey),
        chats: once(() => goTo("/chats/")),
        new: once(() => goTo("/chats/new/")),
        inbox: once(() => goTo(document.querySelector(".header-inbox").href)),
        help: once(() => {
            help.showModal();
            return true;
        }),
    }));
    shown.addEventListener("click", (event) => event.target.closest("#show-keys") && help.showModal());
}

rememberConversation();
/* What stands above the conversation on a small screen begins closed. */
if (matchMedia("(max-width: 1199px)").matches) for (const details of document.querySelectorAll(".chat-side > details, #side-branches")) details.open = false;

document.getElementById("latest").after(toLatest);
showKeysButton();
holdNew();
for (const card of openCards()) card.dataset.told = "yes";
followComposer(() => {
    sticks = true;
    live.mark();
});
followAsks(() => live.mark());
closeMenus();
followMenu();
live = follow({ topics: ["chats", "requests", "health"], chats: [chat], refresh, concerns, onChat: hear });
if (isNewest && (!location.hash || location.hash === "#latest")) goToEnd();
markRead();
