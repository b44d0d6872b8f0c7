// Links of the Markdown as it stands in the repository, made into links of the site: to another page by its place there, and to
// anything else of the repository at the forge, which shows it.

import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** GitHub's way to name a heading, so that a link to one holds on the forge and in the site. */
export function headingId(text) {
  return text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');
}

/** Where a page of the repository stands in the site: `docs/guests.md` is `guests.md`, a README the index of its folder. */
export function placeOf(file) {
  const names = file.split('/');
  if (names[0] === 'docs' && file !== 'docs/README.md') names.shift();
  if (names.at(-1) === 'README.md') names.splice(-1, 1, 'index.md');
  return names.join('/');
}

/**
 * The link to `url` as it stands in `file`, both below `top`. Throws for one that leads nowhere.
 * `isPage` says which files are pages of the site; `forge` is where the repository can be read.
 */
export function siteLink(url, file, { top, isPage, forge }) {
  if (/^[a-z]+:/i.test(url) || url.startsWith('#')) return url;
  const [path, ...heading] = url.split('#');
  const target = relative(top, join(top, dirname(file), decodeURI(path))).replaceAll(sep, '/');
  if (target.startsWith('..') || !existsSync(join(top, target))) throw new Error(`${file}: ${url} leads to no file`);
  const anchor = heading.length > 0 ? `#${heading.join('#')}` : '';
  if (isPage(target)) return `/${placeOf(target)}${anchor}`;
  const shown = statSync(join(top, target)).isDirectory() ? 'tree' : 'blob';
  return `${forge}/${shown}/main/${encodeURI(target)}${anchor}`;
}

/** The same for every link of a page, as a plugin of markdown-it. */
export function repositoryLinks(md, options) {
  md.core.ruler.push('repository_links', ({ tokens, env }) => {
    const file = relative(options.top, env.realPath ?? env.path).replaceAll(sep, '/');
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null;
      if (href !== null) token.attrSet('href', siteLink(href, file, options));
    }
  });
}
