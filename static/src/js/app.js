import "./menus.js";
import "./discarding.js";
import "./fields.js";
import "./dialogs.js";
import "./preferences.js";
import * as forms from "./forms.js";
import * as history from "./history.js";
import * as page from "./page.js";
import * as selection from "./selection.js";
import * as shortcuts from "./shortcuts.js";
import { showRendered } from "./toasts.js";

page.start();
forms.start();
selection.start();
shortcuts.start();
history.start();
showRendered();
document.documentElement.dataset.ready = "";
