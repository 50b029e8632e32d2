/* The parts of the front page, in its order. */
import "./demo/connection.js";
import "./demo/download.js";
import "./demo/codings.js";
import "./demo/video.js";
import "./demo/upload.js";
import "./demo/programs.js";
import "./demo/websockets.js";
import "./demo/decisions.js";

/* The commands are those for this server. */
for (const origin of document.querySelectorAll(".origin"))
  origin.textContent = location.origin;
