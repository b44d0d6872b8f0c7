// Looks through the built site for links to a page or a heading that it does not have, and for pages without their text: a page that could
// not be rendered is one line of the log to VitePress.

import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

/** Throws with every dead link and every empty page of the site in `folder`, which is served below `base`. */
export function checkBuiltPages(folder, base) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.html'));
  const pages = new Map(files.map((file) => [`${base}${file.replaceAll(sep, '/')}`, pageOf(join(folder, file))]));
  const dead = [...pages].flatMap(([page, { links }]) =>
    links
      .map((link) => new URL(link, `http://site${page}`))
      .filter(({ host }) => host === 'site')
      .filter(({ pathname, hash }) => !leads(pages, pathname, hash))
      .map(({ pathname, hash }) => `${page}: ${pathname}${hash}`),
  );
  if (pages.size === 0) throw new Error(`no page was built in ${folder}`);
  const empty = [...pages].filter(([page, { isEmpty }]) => isEmpty && page !== `${base}404.html`).map(([page]) => page);
  if (empty.length > 0) throw new Error(`not rendered, see above: ${empty.join(', ')}`);
  if (dead.length > 0) throw new Error(`${dead.length} dead links:\n${dead.join('\n')}`);
}

function leads(pages, pathname, hash) {
  if (!/(\.html|\/)$/.test(pathname)) return true; // A file of the site's own, such as its style.
  const page = pages.get(pathname.replace(/\/$/, '/index.html'));
  return page !== undefined && (hash === '' || page.ids.has(decodeURIComponent(hash.slice(1))));
}

function pageOf(file) {
  const html = readFileSync(file, 'utf8');
  return {
    isEmpty: !html.includes('</h1>'),
    links: [...html.matchAll(/<a\b[^>]*? href="([^"]*)"/g)].map(([, href]) => href.replaceAll('&amp;', '&')),
    ids: new Set([...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)),
  };
}
