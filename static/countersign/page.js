/* Every page without a script of its own. */

import "./clock.js";
import { followRegions } from "./live.js";
import { closeMenus } from "./menus.js";

closeMenus();
followRegions();

/* A secret is selected whole by one click. */
for (const field of document.querySelectorAll("[data-copy]")) {
    field.addEventListener("focus", () => field.select());
}
