/* Another engine has other folders and agents: the form comes back with them. */

import "../countersign/clock.js";
import { followRegions } from "../countersign/live.js";
import { closeMenus } from "../countersign/menus.js";
import { followMenu } from "./menu.js";

const look = document.getElementById("look");
if (look) {
    look.hidden = true;
    document.getElementById("engine").addEventListener("change", () => {
        look.hidden = false;
        look.click();
    });
}

closeMenus();
followRegions();
followMenu();
