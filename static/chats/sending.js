/* Forms sent without leaving the page. What the script can't show, such as the page that asks for a password, is left
   to the browser. */

import { toast } from "../countersign/toast.js";

const plain = new WeakSet();

/* Whether a press of this form is ours to send; one that leads to another page is not. */
export function isSendable(form, button) {
    return form.method === "post" && !plain.has(form) && !(button && "plain" in button.dataset);
}

/* { isGood, url, code }; null when the browser has taken over. One press is sent once. */
export async function send(form, button) {
    const body = new FormData(form, button?.name ? button : undefined);
    const url = button?.getAttribute("formaction") || form.getAttribute("action") || location.href;
    const buttons = [...form.querySelectorAll("button")].filter((each) => !each.disabled);
    for (const each of buttons) each.disabled = true;
    try {
        const answer = await fetch(url, {
            method: "POST",
            body,
            headers: { Accept: "application/json", "X-Countersign-Script": "1" },
        });
        if (answer.redirected || !answer.headers.get("Content-Type")?.startsWith("application/json")) {
            for (const each of buttons) each.disabled = false;
            plain.add(form);
            form.requestSubmit(button?.isConnected ? button : undefined);
            return null;
        }
        const { level, message, url: leadsTo = "", code = "" } = await answer.json();
        if (message) toast(level, message);
        return { isGood: answer.ok, url: leadsTo, code };
    } catch {
        toast("error", "The server could not be reached. Nothing is lost: press it again.");
        return { isGood: false, url: "", code: "unreachable" };
    } finally {
        for (const each of buttons) each.disabled = false;
    }
}
