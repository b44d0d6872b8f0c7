// Chapter: a stack's host name changes, and only what is derived from it follows.

import type { Chapter } from './chapter.ts';

const STACK = 'stacks/website/phoenix.json';

export const routing: Chapter = {
  title: 'A stack gets another name: DNS, Traefik and the stack change, nothing else',
  async present({ setup: { person }, push, showStatuses, check }) {
    await person.edit(STACK, (text) => text.replace('www.example.internal', 'docs.example.internal'));
    const run = await push('Serve the website as docs.example.internal');
    await showStatuses(run);
    const touched = run.steps.map(({ target }) => target).sort();
    check(run.state === 'succeeded', 'the new name succeeds');
    check(
      touched.join(' ') === 'gateway/traefik hypervisor/dns stack/1002.website',
      'it touches DNS, Traefik and the stack, and nothing else',
    );
  },
};
