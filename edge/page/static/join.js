// The token of an invite comes behind the #, which no server log and no other site ever sees.

const token = document.getElementById("token"), form = document.getElementById("join");
const given = decodeURIComponent(location.hash.slice(1));

if (given && form.dataset.step === "token") {
  token.value = given;
  form.requestSubmit();
}
if (token.value) {
  for (const link of document.querySelectorAll(".tools a")) link.hash = encodeURIComponent(token.value);
}
