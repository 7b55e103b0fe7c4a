/* A replay goes on while its page is open: one short step after the other, each a press of the page's own button. */

const REST_MS = 100;
const RETRY_MS = 3000;

async function step(form) {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("replay");
    if (!fresh) throw new Error("the session has ended");
    return fresh;
}

async function goOn() {
    let failures = 0;
    while (failures < 5) {
        const form = document.getElementById("replay-step");
        if (!form) return;
        try {
            const fresh = await step(form);
            if (fresh.dataset.running === "no" && document.querySelector("[data-after-replay]")) {
                /* What may be pressed now depends on the result: the server says it. */
                location.reload();
                return;
            }
            document.getElementById("replay").replaceWith(fresh);
            failures = 0;
        } catch {
            failures += 1;
        }
        await new Promise((resolve) => setTimeout(resolve, failures ? RETRY_MS : REST_MS));
    }
}

goOn();
