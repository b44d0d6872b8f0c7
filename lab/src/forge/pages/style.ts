// The style and the script of the forge's pages.

export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d5d9de, #3a4048); --soft: light-dark(#f4f6f8, #1b1f24);
  --good: light-dark(#146c2e, #6bd68a); --bad: light-dark(#b3261e, #ff8a80); --wait: light-dark(#7a5200, #f0c04a); --link: light-dark(#0b57d0, #8ab4f8); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
header { border-bottom: 1px solid var(--line); margin-bottom: 1rem; padding-bottom: .5rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.1rem; margin-top: 2rem; }
ul.rows { list-style: none; padding: 0; border: 1px solid var(--line); border-radius: .5rem; }
ul.rows > li { padding: .5rem .75rem; }
ul.rows > li + li { border-top: 1px solid var(--line); }
.faint { opacity: .75; font-size: .9rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .wait { color: var(--wait); }
article { border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0; }
article > header { background: var(--soft); border-radius: .5rem .5rem 0 0; margin: 0; padding: .4rem .75rem; }
.text { padding: .25rem .75rem .75rem; overflow-x: auto; }
table { border-collapse: collapse; overflow-wrap: normal; } td, th { border: 1px solid var(--line); padding: .25rem .5rem; text-align: left; }
code, pre { font: .9em/1.45 ui-monospace, monospace; }
pre { background: var(--soft); border-radius: .5rem; overflow-x: auto; padding: .75rem; }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: .5rem 0; }
input, textarea, select, button { font: inherit; padding: .35rem .6rem; border: 1px solid var(--line); border-radius: .4rem; min-width: 0; }
input[name=title], textarea { flex: 1 1 20rem; }
textarea { width: 100%; flex-basis: 100%; }
button { cursor: pointer; }
.notice { border: 1px solid var(--bad); border-radius: .5rem; padding: .5rem .75rem; }
`;

/** Shows each second what has changed; what a person types in the forms stays, since they are outside of it. */
export const SCRIPT = `
const look = async () => {
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const part of document.querySelectorAll('[data-live]')) {
      const now = page.getElementById(part.id);
      const open = part.querySelector('details[open]') !== null || part.contains(document.activeElement);
      if (now && !open && now.innerHTML !== part.innerHTML) part.innerHTML = now.innerHTML;
    }
  } catch {}
  setTimeout(look, 1000);
};
setTimeout(look, 1000);
`;
