// The site of the documentation: every page of the repository as it stands, in the order in which people need them.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { checkBuiltLinks } from './built-links.mjs';
import { headingId, placeOf, repositoryLinks } from './links.mjs';
import { SIDEBAR } from './sidebar.mjs';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const {
  GITHUB_SERVER_URL = 'https://github.com',
  GITHUB_REPOSITORY = 'you/phoenix',
  PHOENIX_DOCS_BASE = '/',
} = process.env;
const FORGE = `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`;
/** What is no page: packages, work in hand, and what is read by tests alone. */
const NO_PAGES = ['.github', 'coverage', 'etc', 'site', 'stacks', 'src', 'test/cases', 'test/security'];

export default defineConfig({
  title: 'Phoenix',
  description: 'An event-driven GitOps agent for Proxmox: merging a pull request changes the infrastructure.',
  lang: 'en',
  base: PHOENIX_DOCS_BASE,
  srcDir: '..',
  srcExclude: ['**/node_modules/**', ...NO_PAGES.map((folder) => `${folder}/**`)],
  outDir: 'dist',
  rewrites: placeOf,
  markdown: {
    anchor: { slugify: headingId },
    config: (md) => repositoryLinks(md, { top: TOP, isPage, forge: FORGE }),
  },
  themeConfig: {
    sidebar: SIDEBAR,
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: FORGE }],
  },
  buildEnd: ({ outDir }) => checkBuiltLinks(outDir, PHOENIX_DOCS_BASE),
});

function isPage(file) {
  return file.endsWith('.md') && !NO_PAGES.some((folder) => file.startsWith(`${folder}/`));
}
