// Chapter: the first push builds everything.

import type { Chapter } from './chapter.ts';

export const building: Chapter = {
  title: 'A first push builds the reference environment on an empty host',
  async present({ push, showStatuses, check, declared }) {
    const run = await push('Describe the environment');
    await showStatuses(run);
    check(run.state === 'succeeded', 'the first push succeeds');
    const there = run.steps.filter(({ outcome }) => outcome === 'applied' || outcome === 'unchanged').length;
    check(there === declared() && there > 0, 'it brings up every target that is declared');
  },
};
