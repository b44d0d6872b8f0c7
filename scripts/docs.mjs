// `npm run docs`: the documentation as a site in site/dist, with a check for dead links. `npm run docs -- dev` serves it while you write.

import { join } from 'node:path';
import { fail, installLocked, ROOT, run } from './programs.mjs';

const SITE = join(ROOT, 'site');
const [command = 'build', ...args] = process.argv.slice(2);

if (!['build', 'dev', 'preview'].includes(command)) fail('usage: npm run docs [-- build|dev|preview [OPTION …]]', 2);
installLocked(SITE);
process.exitCode = run(process.execPath, [
  join(SITE, 'node_modules/vitepress/bin/vitepress.js'),
  command,
  SITE,
  ...args,
]);
