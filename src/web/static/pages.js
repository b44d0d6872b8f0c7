// What the pages do beside being read: they tell how long ago something was, and keep themselves up to date. Without this script
// all is there as well, loaded anew every few seconds.

const AT_MOST_EVERY_MS = 1000;
/** When the events of a run cannot be had. */
const LOOK_EVERY_MS = 5000;
/** Events of a run may cease without an end, such as while Redis is away. */
const LOOK_BESIDE_EVENTS_MS = 30_000;
/** An answer takes less; where packets vanish, a browser waits for minutes. */
const ANSWERS_WITHIN_MS = 20_000;
const WORDS_EVERY_MS = 15_000;
/** That something was copied is said for so long. */
const COPIED_MS = 2000;
const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];
/** Within so many pixels of its end, a log is followed to its new end. */
const AT_THE_END_PX = 24;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

// Times

function tellTimes() {
  for (const time of document.querySelectorAll('main time')) {
    time.title ||= time.textContent;
    const words = ago(Date.parse(time.dateTime));
    const text = time.classList.contains('brief') ? words : `${time.title} (${words})`;
    if (time.textContent !== text) time.textContent = text;
  }
}

function ago(then) {
  const seconds = Math.round((then - Date.now()) / 1000);
  const [unit, size] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ['second', 1];
  return relative.format(Math.trunc(seconds / size), unit);
}

// Copying a command or a log

document.documentElement.classList.add('scripted');

document.addEventListener('click', async ({ target }) => {
  const button = target instanceof Element ? target.closest('button.copy') : null;
  if (button === null) return;
  const text = button.dataset.copy ?? document.getElementById(button.dataset.copyOf ?? '')?.textContent ?? '';
  const label = button.textContent;
  button.textContent = (await copy(text)) ? 'Copied' : 'Select it by hand';
  setTimeout(() => {
    button.textContent = label;
  }, COPIED_MS);
});

/** A page that came without TLS from another machine may not use the clipboard; what is selected it may copy all the same. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    field.className = 'hidden';
    document.body.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    return done;
  }
}

// Searching a log: what is found is marked without a change of the page, so that it may go on to grow

const FOUND_AT_MOST = 2000;
const finds = new Map();

function find(input, onward = 0) {
  const log = document.getElementById(input.dataset.in);
  const text = log?.firstChild;
  const wanted = input.value.toLowerCase();
  const shown = input.parentElement.querySelector('.found');
  const ranges = [];
  if (wanted !== '' && text instanceof Text) {
    const all = text.data.toLowerCase();
    for (let at = all.indexOf(wanted); at >= 0 && ranges.length < FOUND_AT_MOST; at = all.indexOf(wanted, at + 1)) {
      const range = new Range();
      range.setStart(text, at);
      range.setEnd(text, Math.min(at + wanted.length, text.length));
      ranges.push(range);
    }
  }
  const before = finds.get(input);
  const same = before?.wanted === wanted;
  const at = ranges.length === 0 ? 0 : ((same ? before.at : 0) + onward + ranges.length) % ranges.length;
  if (wanted === '') finds.delete(input);
  else finds.set(input, { wanted, ranges, at });
  mark();
  const words = wanted === '' ? '' : ranges.length === 0 ? 'not found' : `${at + 1} of ${ranges.length}`;
  if (shown !== null && shown.textContent !== words) shown.textContent = words;
  if (ranges[at] !== undefined && !(same && onward === 0)) {
    const [place, frame] = [ranges[at].getBoundingClientRect(), log.getBoundingClientRect()];
    log.scrollTop += place.top - frame.top - frame.height / 2;
  }
}

function mark() {
  if (!CSS.highlights) return;
  const all = [...finds.values()];
  CSS.highlights.set('found', new Highlight(...all.flatMap(({ ranges }) => ranges)));
  CSS.highlights.set('current', new Highlight(...all.flatMap(({ ranges, at }) => ranges[at] ?? [])));
}

document.addEventListener('input', ({ target }) => {
  if (target instanceof HTMLInputElement && target.matches('.find')) find(target);
});
document.addEventListener('keydown', (event) => {
  const { target, key, shiftKey } = event;
  if (key !== 'Enter' || !(target instanceof HTMLInputElement) || !target.matches('.find')) return;
  event.preventDefault();
  find(target, shiftKey ? -1 : 1);
});

// Details that a person opened or closed stay so

const chosen = new Map();
document.addEventListener('click', ({ target }) => {
  const summary = target instanceof Element ? target.closest('summary') : null;
  const details = summary?.parentElement;
  if (details instanceof HTMLDetailsElement && details.id !== '') chosen.set(details.id, !details.open);
});

/** What the address leads to; whoever wrote it may have encoded it wrongly. */
function namedByAddress() {
  const name = location.hash.slice(1);
  try {
    return document.getElementById(decodeURIComponent(name));
  } catch {
    return document.getElementById(name);
  }
}

function openNamed() {
  const named = namedByAddress();
  if (!(named instanceof HTMLDetailsElement)) return;
  chosen.set(named.id, true);
  named.open = true;
  named.scrollIntoView();
}

// Bringing the page to what it says now: only what differs is replaced, so place, selection and focus stay

function bring(old, now) {
  if (old.isEqualNode(now)) return;
  if (old.nodeName !== now.nodeName || old.id !== now.id) return old.replaceWith(document.importNode(now, true));
  if (old.nodeType === Node.TEXT_NODE) {
    old.data = now.data;
    return;
  }
  const follow = old.nodeName === 'PRE' && old.scrollHeight - old.scrollTop - old.clientHeight < AT_THE_END_PX;
  bringAttributes(old, now);
  bringChildren(old, now);
  if (follow) old.scrollTop = old.scrollHeight;
}

/** What has an id is known by it, the others by their place and name. */
function bringChildren(old, now) {
  const named = new Map([...old.children].filter(({ id }) => id !== '').map((child) => [child.id, child]));
  let next = old.firstChild;
  for (const child of now.childNodes) {
    const inPlace = next !== null && !next.id && next.nodeName === child.nodeName ? next : undefined;
    const same = child.id ? named.get(child.id) : inPlace;
    if (same === undefined) {
      old.insertBefore(document.importNode(child, true), next);
      continue;
    }
    if (same === next) next = next.nextSibling;
    else old.insertBefore(same, next);
    bring(same, child);
  }
  while (next !== null) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

function bringAttributes(old, now) {
  for (const { name } of [...old.attributes]) {
    // What is open stays open, for nothing to jump under the eyes of who reads.
    if (!now.hasAttribute(name) && name !== 'open') old.removeAttribute(name);
  }
  for (const { name, value } of now.attributes) {
    if (name === 'open' && chosen.get(old.id) === false) continue;
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

// Staying up to date

let live = null;
let timer = null;
let asking = false;
let again = false;
let last = 0;
let took = 0;

/** At most once a second, never two at a time, and of a page that takes long to make less often. */
function refresh() {
  if (asking) {
    again = true;
    return;
  }
  if (timer !== null) return;
  timer = setTimeout(load, Math.max(0, last + Math.max(AT_MOST_EVERY_MS, 4 * took) - Date.now()));
}

async function load() {
  timer = null;
  asking = true;
  last = Date.now();
  const limit = new AbortController();
  const late = setTimeout(() => limit.abort(), ANSWERS_WITHIN_MS);
  try {
    const response = await fetch(location.href.replace(/#.*/s, ''), {
      headers: { accept: 'text/html' },
      signal: limit.signal,
    });
    // The agent has started: whatever it answers takes the place of the whole page.
    if (response.status < 500 && document.querySelector('[data-starting]') !== null) return location.reload();
    tellAway(response.status < 500 ? null : response.status === 500 ? 'broken' : 'silent');
    // A session that has ended shows the page to sign in.
    const shown = response.ok || (response.status === 401 && !asksToSignIn());
    if (shown) show(new DOMParser().parseFromString(await response.text(), 'text/html'));
    took = Date.now() - last;
  } catch {
    // What is shown stays, and the next event or look tries again.
    tellAway('silent');
  }
  clearTimeout(late);
  asking = false;
  if (again) {
    again = false;
    refresh();
  }
}

const AWAY = {
  silent: { what: 'does not answer', remedy: 'phoenix doctor says why' },
  broken: { what: 'cannot make this page', remedy: 'the log of Phoenix says why' },
};

/** What is shown may no longer be so: it is said above it, since when, until Phoenix answers again. `how` is one of AWAY, or null. */
function tellAway(how) {
  const notice = document.getElementById('away');
  if (notice !== null && notice.dataset.how === how) return;
  notice?.remove();
  // The page of an agent that starts says so itself.
  if (how === null || document.querySelector('[data-starting]') !== null) return;
  const { what, remedy } = AWAY[how];
  const told = document.createElement('p');
  told.id = 'away';
  told.className = 'notice';
  told.dataset.how = how;
  told.setAttribute('role', 'alert');
  told.textContent = `Phoenix ${what} since ${new Date().toLocaleTimeString('en-GB')}: what is shown is of then. The page tries again by itself; if it stays so, ${remedy}.`;
  document.querySelector('main')?.before(told);
}

function show(fresh) {
  const [main, now] = [document.querySelector('main'), fresh.querySelector('main')];
  if (main === null || now === null) return;
  bring(main, now);
  document.title = fresh.title;
  tellTimes();
  for (const input of finds.keys()) {
    if (input.isConnected) find(input);
    else finds.delete(input);
  }
  listen();
}

function stop() {
  live?.end();
  live = null;
}

/**
 * As the page says: by the events of its run, by looking now and then, or not at all. Nor while nobody looks: a browser has few
 * connections to one place, and pages in the background would take them all.
 */
function listen() {
  if (document.hidden) return stop();
  const { events, every } = document.querySelector('main')?.dataset ?? {};
  const how = events ?? every;
  if (how === live?.how) return;
  stop();
  if (events !== undefined) live = { how, end: listenTo(events) };
  else if (every !== undefined) live = { how, end: lookEvery(Number(every) * 1000) };
}

function listenTo(events) {
  const source = new EventSource(events);
  const beside = lookEvery(LOOK_BESIDE_EVENTS_MS);
  let instead = () => {};
  for (const name of ['run', 'step', 'log']) source.addEventListener(name, refresh);
  source.addEventListener('end', () => {
    source.close();
    refresh();
  });
  source.addEventListener('error', () => {
    refresh();
    if (source.readyState !== EventSource.CLOSED) return;
    instead();
    instead = lookEvery(LOOK_EVERY_MS);
  });
  return () => {
    source.close();
    beside();
    instead();
  };
}

function lookEvery(ms) {
  const look = setInterval(refresh, ms);
  return () => clearInterval(look);
}

function asksToSignIn() {
  return document.querySelector('form.sign-in') !== null;
}

// A browser that followed a link of another site does not say at first that it is signed in.
if (asksToSignIn()) refresh();
tellTimes();
setInterval(tellTimes, WORDS_EVERY_MS);
openNamed();
addEventListener('hashchange', openNamed);
document.addEventListener('visibilitychange', () => {
  listen();
  if (live !== null) refresh();
});
for (const log of document.querySelectorAll('pre.log')) log.scrollTop = log.scrollHeight;
listen();
