// A new code is looked at while it is typed, so that a poor one is told before both fields have been filled and
// sent. The server decides all the same, and knows more codes that everybody tries. What is said stands in the page.

for (const code of document.querySelectorAll("input[data-simple]")) {
  const again = document.getElementById("again"), told = document.getElementById("code-told");
  const look = () => {
    const why = faultOf(code.value, code.dataset);
    code.setCustomValidity(why);
    again.setCustomValidity(code.value === again.value ? "" : again.dataset.differs);
    return why;
  };
  code.addEventListener("input", () => { look(); told.textContent = ""; });
  code.addEventListener("change", () => { told.textContent = code.value === "" ? "" : look(); });
  again.addEventListener("input", look);
}

function faultOf(code, texts) {
  if (!/^[0-9]*$/.test(code)) return texts.digits;
  if (code.length < Number(texts.least)) return texts.short;
  return isSimple(code) ? texts.simple : "";
}

// One to three digits over and over, two alone, pairs in a row, steps of one size up, down, or there and back.
export function isSimple(code) {
  const digits = [...code], evens = digits.filter((_, at) => at % 2 === 0).join("");
  const repeats = [1, 2, 3].some((size) => code === code.slice(0, size).repeat(code.length).slice(0, code.length));
  const pairs = code.length % 2 === 0 && evens === digits.filter((_, at) => at % 2).join("");
  return new Set(digits).size < 3 || repeats || runs(code) || (pairs && runs(evens));
}

function runs(code) {
  const isMirrored = code === [...code].reverse().join("");
  return steady(code) || (isMirrored && steady(code.slice(0, Math.ceil(code.length / 2))));
}

function steady(code) {
  const steps = [...code].slice(1).map((digit, at) => (Number(digit) - Number(code[at]) + 10) % 10);
  return new Set(steps).size <= 1;
}
