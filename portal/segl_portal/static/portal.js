/* What the pages cannot do without a script, and a little comfort. Everything else works without it.

   1. A link's secret stands after "#", where no server sees it. It is taken out of the address bar, and put into the
      form when somebody presses its button; the browser's history entry keeps it, so that "reload" and "back" do not
      lose it.
   2. A form is sent once, however often its button is pressed at a time.
   3. The frame with the message's text gets the height of what is in it.
   4. Files may be dropped, and sending them shows progress.
   5. What is written and not sent is not left without a question; and kept, sealed, should the page be lost. */

"use strict";

document.documentElement.classList.add("js");

/* Mail programs and gateways leave a bracket, a dot or fields of their own behind a link's end, and write signs of it
   as %2D. */
const SECRET = /^#*([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])/;
const QUOTED = /%(?:25)?([2-7][0-9A-Fa-f])/g;
const unquoted = (text) => text.replace(QUOTED, (_, code) => String.fromCharCode(parseInt(code, 16)));
let taken = "";  // the link's secret

/* Programs that look at mail open its links in a browser, and some press by script what they find there. Nobody has
   touched the page then: a finger, a mouse, a key or a screen reader is told from a script by the browser. */
let isTouched = false;

function watchTouch() {
  for (const kind of ["pointerdown", "keydown", "click"]) {
    addEventListener(kind, (event) => { if (event.isTrusted) isTouched = true; }, true);
  }
}

function takeSecret() {
  const form = document.querySelector("form[data-secret]");
  if (!form) return;
  const field = form.elements.link;
  const behind = location.hash.slice(1);
  const given = document.getElementById(behind) ? "" : behind;  // the skip link's is a place on the page
  const ofTab = inTab((all) => all.getItem(form.action));
  const kept = (history.state && history.state.secret) || taken || field.value || ofTab || "";
  const secret = (SECRET.exec(unquoted(given || kept)) || ["", ""])[1];
  if (behind) history.replaceState({ secret }, "", location.pathname + location.search);
  const paste = form.querySelector("[data-paste]");
  taken = secret;
  if (secret) {
    if (form.action.endsWith("/code")) inTab((all) => all.setItem(form.action, secret));
    paste.hidden = true;
    field.required = false;
    for (const link of document.querySelectorAll("a[data-language]")) link.hash = secret;
  } else if (field.required) {
    paste.querySelector("[data-without-script]").hidden = true;
    paste.querySelector("[data-missing]").hidden = false;
  }
}

/* A telephone that ended its browser while she was reading shows the page anew without what it was open with. The link is
   there still, as on the page before; a new code is wanted all the same. */
function inTab(act) {
  try { return act(sessionStorage); } catch { return null; }
}

function forgetLink() {
  const form = document.querySelector("form[data-leave]");
  if (!form) return;
  const place = form.action.replace(/leave$/, "code");
  form.addEventListener("submit", () => inTab((all) => all.removeItem(place)));
}

/* With a link in a web mail a browser keeps its cookie back, and the portal does not know it: a request of the page's
   own brings it. Without that she asks for a second code, and types the first. */
async function lookAgain() {
  const note = document.querySelector("[data-open]");
  if (!note) return;
  const headers = { Accept: "application/json" };
  const answer = await fetch(location.pathname, { headers, credentials: "same-origin" });
  const standing = await answer.json();
  note.hidden = !standing.open;
  if (standing.code && !isTouched) location.replace(`${location.pathname}?now=code#${taken}`);
}

/* Who waits for a code that does not come is told why that may be. */
const WAITED = 60 * 1000;

function tellLater() {
  const more = document.querySelector("[data-later]");
  if (more) setTimeout(() => { more.open = true; }, WAITED);
}

/* Who speaks to her browser through a program of her own looks like a script, too: the second press counts. */
function handOver() {
  const form = document.querySelector("form[data-secret]");
  if (!form) return;
  form.addEventListener("submit", (event) => {
    if (!isTouched) {
      event.preventDefault();
      isTouched = true;
      form.querySelector("[data-untouched]").hidden = false;
    } else if (taken) form.elements.link.value = taken;
  });
}

/* Who stops a page that does not come is left with this one, and no browser tells of it (a telephone without a
   connection says so, and stays, too). Seconds later its button may be pressed again: what has arrived twice by then
   does no harm. An answer knows by itself what became of it. */
const STOPPED_AFTER = 5000;

function sendOnce() {
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "yes";
      for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
      if (!("answer" in form.dataset)) setTimeout(mayBeSentAgain, STOPPED_AFTER, form);
    });
  }
}

function mayBeSentAgain(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
}

/* A page that the browser kept whole while another was shown: its form may be sent again, and it may show what has
   been closed since. */
function comeBack() {
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-answer]")) form.dataset.done = "yes";  // no question
    location.reload();
  });
}

function fitFrame() {
  const frame = document.querySelector("iframe[data-fit]");
  if (!frame) return;
  let isPrinted = false;
  const fit = (most = 30000) => {
    const page = frame.contentDocument;
    if (isPrinted || !page || !page.body || page.URL === "about:blank") return;
    const wanted = Math.ceil(page.body.getBoundingClientRect().height);
    const wide = page.documentElement.scrollWidth > page.documentElement.clientWidth;
    frame.style.height = Math.min(Math.max(wanted + (wide ? 20 : 0), 80), most) + "px";
  };
  const watch = () => {
    fit();
    const page = frame.contentDocument;
    if (page && page.body && window.ResizeObserver) new ResizeObserver(() => fit()).observe(page.body);
  };
  frame.addEventListener("load", watch);
  watch();
  addEventListener("resize", () => fit());
  // Paper is narrower than a screen: what is as high as before would lose its end. (As narrow as the style sheet's.)
  addEventListener("beforeprint", () => {
    frame.style.width = "15cm";
    fit(1e6);
    isPrinted = true;
    frame.style.width = "";
  });
  addEventListener("afterprint", () => { isPrinted = false; fit(); });
}

/* A line that is dead tells nobody so. The portal waits for two minutes, and says then what became of it; who hears
   nothing of that is told here. What it does with an answer that it has, takes longer. */
const STALLED_AFTER = 150 * 1000;
const UNHEARD_AFTER = 600 * 1000;

function answer() {
  const form = document.querySelector("form[data-answer]");
  if (!form) return;
  const drop = form.querySelector("[data-drop]");
  const input = form.querySelector("input[type=file]");
  const list = form.querySelector("[data-chosen]");
  const told = form.querySelector("[data-progress]");
  const bar = form.querySelector("progress");
  let files = [];

  function show() {
    const all = new DataTransfer();
    for (const file of files) all.items.add(file);
    input.files = all.files;
    list.replaceChildren(...files.map((file, place) => {
      const item = document.createElement("li");
      const name = document.createElement("bdi");
      name.className = "name";
      name.textContent = file.name;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plain";
      button.textContent = list.dataset.remove.replace("{name}", file.name);
      button.addEventListener("click", () => { files.splice(place, 1); show(); input.focus(); });
      item.className = "file";
      item.append(name, button);
      return item;
    }));
    list.hidden = files.length === 0;
    input.classList.toggle("listed", files.length > 0);
  }

  input.addEventListener("change", () => { files = files.concat(Array.from(input.files)).filter(isNew); show(); });
  function isNew(file, place, all) {
    return all.findIndex((other) => other.name === file.name && other.size === file.size
      && other.lastModified === file.lastModified) === place;
  }
  for (const kind of ["dragover", "dragenter"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    files = files.concat(Array.from(event.dataTransfer.files)).filter(isNew);
    show();
  });

  /* Why what was chosen is not taken: told before minutes are spent on sending it. */
  function tooMuch() {
    const words = new Blob([form.elements.text.value.replace(/\r?\n/g, "\r\n")]);
    if (words.size > form.dataset.text) return form.dataset.textTooLong;
    const chosen = Array.from(input.files);
    const large = chosen.find((file) => file.size > form.dataset.each);
    if (chosen.length > form.dataset.files) return form.dataset.tooMany;
    if (large) return form.dataset.fileTooLarge.replace("{file}", () => large.name);
    return chosen.reduce((sum, file) => sum + file.size, 0) > form.dataset.all ? form.dataset.tooLarge : "";
  }

  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    // what stands on the page of another answer is not said of this one
    for (const note of document.querySelectorAll("[data-focus], [data-again]")) note.hidden = true;
    const request = new XMLHttpRequest();
    let isUp = false;
    let clock = 0;
    const goesOn = () => {
      clearTimeout(clock);
      clock = setTimeout(() => request.abort(), isUp ? UNHEARD_AFTER : STALLED_AFTER);
    };
    const fail = (why) => {
      clearTimeout(clock);
      mayBeSentAgain(form);
      bar.hidden = true;
      say(why, true);
    };
    const say = (text, isWrong) => {
      told.hidden = false;
      told.classList.toggle("wrong", isWrong);
      if (told.textContent !== text) told.textContent = text;
      if (isWrong) told.focus();
    };
    const much = tooMuch();
    if (much) { fail(much); return; }
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("load", () => { isUp = true; goesOn(); });
    request.upload.addEventListener("progress", (sent) => {
      goesOn();
      if (!sent.lengthComputable) return;
      const percent = Math.round(100 * sent.loaded / sent.total);
      bar.hidden = false;
      bar.value = percent;
      // read aloud each time it changes: the bar moves by ones
      say(form.dataset.sending.replace("{percent}", percent - percent % 10), false);
    });
    request.addEventListener("load", () => {
      clearTimeout(clock);
      let said = {};
      try { said = JSON.parse(request.responseText); } catch { /* an error page of a server between us */ }
      if (request.status === 200 && said.next) {
        form.dataset.done = "yes";
        forgetDraft();
        location.assign(said.next);
        return;
      }
      const { late, unsure, tooLarge } = form.dataset;
      const isRefused = request.status >= 400 && request.status < 500;  // by whomever, it has not been taken
      const isKept = said.again && hasDraft();
      if (isKept) {
        const again = form.querySelector("[data-again]");
        again.firstElementChild.href = said.again;
        again.hidden = false;
      }
      fail(isKept ? form.dataset.over : said.told || (request.status === 413 ? tooLarge : isRefused ? late : unsure));
      if (said.kept) {
        form.dataset.sent = form.dataset.done = "yes";  // it stands there
        forgetDraft();
        location.assign(said.kept);
      }
    });
    request.addEventListener("error", () => fail(isUp ? form.dataset.unsure : form.dataset.late));
    request.addEventListener("abort", () => fail(isUp ? form.dataset.unsure : form.dataset.stalled));
    goesOn();
    request.send(new FormData(form));
  });
}

/* A reply that took an hour to write outlives the visit. What saves a file then leads to the beginning: in a tab of its
   own. Another language, "back" and the button that closes the message ask first, also while it is being sent. */
function keepWritten() {
  const form = document.querySelector("form[data-answer]");
  if (!form) return;
  const isUnsent = () => !form.dataset.done
    && Boolean(form.elements.text.value.trim() || form.elements.file.value);
  for (const link of document.querySelectorAll("a[data-save]")) {
    link.addEventListener("click", () => { link.target = isUnsent() ? "_blank" : ""; });
  }
  addEventListener("beforeunload", (event) => {
    if (!isUnsent()) return;
    event.preventDefault();
    event.returnValue = "";  // how browsers before 2023 are told
    // who stays may press again what led away
    setTimeout(() => document.querySelectorAll("form[data-sent]:not([data-answer])").forEach(mayBeSentAgain));
  });
}

/* A page is loaded anew, a visit ends, a telephone throws a page away: what was being written lies in the browser until
   then, under a key that the portal gives out with the open message alone (AES-GCM). Without that page nobody reads it,
   nor with it once the message has ended. */
const DRAFT = "segl-draft-";
let forgetDraft = () => {};
let hasDraft = () => false;

function keepDraft() {
  dropEnded();
  const form = document.querySelector("form[data-draft]");
  if (!form || !window.crypto || !crypto.subtle) return;
  const field = form.elements.text;
  const place = DRAFT + form.action.split("/").slice(-2)[0];
  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const key = crypto.subtle.importKey("raw", bytesOf(form.dataset.draft), "AES-GCM", false, ["encrypt", "decrypt"]);
  let latest = 0, waits = 0, isLeft = false;

  async function save() {
    clearTimeout(waits);
    const turn = ++latest, text = field.value;
    if (form.dataset.done || isLeft) return;
    if (!text.trim()) { forgetDraft(); return; }
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(text);
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, await key, plain);
    const whole = new Uint8Array([...nonce, ...new Uint8Array(sealed)]);
    const told = btoa(Array.from(whole, (byte) => String.fromCharCode(byte)).join(""));
    const kept = JSON.stringify({ until: Number(form.dataset.until), told });
    if (turn === latest) stored((all) => all.setItem(place, kept));
  }

  async function restore() {
    const kept = stored((all) => JSON.parse(all.getItem(place)));
    if (!kept) return;
    const whole = bytesOf(kept.told);
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: whole.slice(0, 12) }, await key, whole.slice(12));
    const text = new TextDecoder().decode(plain);
    const squeezed = (words) => words.replace(/\s+/g, " ").trim();
    const sent = Array.from(document.querySelectorAll(".answers .words"), (words) => squeezed(words.textContent));
    if (sent.includes(squeezed(text))) { forgetDraft(); return; }  // it went, and the page was gone before it heard so
    if (field.value) return;  // given back by the portal, or typed meanwhile
    field.value = text;
    const note = form.querySelector("[data-restored]");
    note.hidden = false;
    note.textContent = form.dataset.restoredSays;
  }

  hasDraft = () => Boolean(stored((all) => all.getItem(place)));
  forgetDraft = () => { latest++; clearTimeout(waits); stored((all) => all.removeItem(place)); };
  field.addEventListener("input", () => { isLeft = false; clearTimeout(waits); waits = setTimeout(save, 400); });
  addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(); });
  document.querySelector("form[data-leave]").addEventListener("submit", () => { isLeft = true; forgetDraft(); });
  restore().catch(() => {});  // another link's, or changed: it is not ours to show
}

/* A browser may refuse to keep anything, or have no room. */
function stored(act) {
  try { return act(localStorage); } catch { return null; }
}

function dropEnded() {
  for (const name of stored(Object.keys) || []) {
    if (!name.startsWith(DRAFT)) continue;
    const kept = stored((all) => JSON.parse(all.getItem(name)));
    if (!kept || !(kept.until * 1000 > Date.now())) stored((all) => all.removeItem(name));
  }
}

document.addEventListener("DOMContentLoaded", () => {
  watchTouch();
  takeSecret();
  handOver();
  forgetLink();
  lookAgain().catch(() => {});
  tellLater();
  addEventListener("hashchange", takeSecret);  // the whole link, put into the address bar of this very page
  sendOnce();
  comeBack();
  fitFrame();
  answer();
  keepWritten();
  keepDraft();
  const first = document.querySelector("[data-focus]");
  if (first) first.focus();
});
