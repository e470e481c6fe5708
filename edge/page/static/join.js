// The token of an invite comes behind the #, which no server log and no other site ever sees. Messengers hang
// things of their own behind it, so its own letters alone are taken.

const token = document.getElementById("token"), form = document.getElementById("join");
const given = /^[0-9A-Za-z-]*/.exec(location.hash.slice(1))[0];

if (given && form.dataset.step === "token") {
  token.value = given;
  form.action = `/join#${given}`;      // so that the next page, opened in another browser, has it as well
  form.requestSubmit();
}
if (token.value) {
  for (const link of document.querySelectorAll(".tools a")) link.hash = encodeURIComponent(token.value);
}
if (navigator.standalone) document.getElementById("in-app")?.remove();       // on the home screen
isPrivate().then((found) => { document.getElementById("private").hidden = !found; });

// A private tab does not say so. Safari's has no private file system, Chromium's little room for files.
async function isPrivate() {
  try {
    const { quota } = await navigator.storage.estimate();
    await navigator.storage.getDirectory();
    return quota < 2 * (performance.memory?.jsHeapSizeLimit ?? 0);
  } catch (error) {
    return error.name === "UnknownError";
  }
}
