/* Open menus close on Escape and on a click elsewhere. They are <details>: without this script they still work. */

export function closeMenus() {
    const menus = [...document.querySelectorAll("header details")];
    document.addEventListener("click", (event) => {
        for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
    });
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        for (const menu of menus) {
            if (!menu.open) continue;
            menu.open = false;
            menu.querySelector("summary").focus();
        }
    });
}
