"use strict";
// A second's tick from a worker: browsers slow the timers of a page that nobody looks at, down to one a minute.
setInterval(() => postMessage(0), 1000);
