// Chapters: a mistake is rejected with its position, reverting leaves nothing to do, and a replay.

import type { Chapter } from './chapter.ts';

const LXC = 'etc/phoenix_lxc_configs.json';

export const refusing: Chapter = {
  title: 'A bad commit is refused at its line, and changes nothing',
  async present({ setup: { person }, push, showStatuses, commands, check }) {
    await person.edit(LXC, (text) => text.replace('"ip": "10.0.0.12/24"', '"ip": "10.0.0.153/24"'));
    const run = await push('Move Traefik to an address that is taken');
    await showStatuses(run);
    const sent = await commands();
    const isRefused = run.state === 'invalid' && run.problems.some(({ code }) => code === 'DUPLICATE_IP');
    check(isRefused, 'the bad commit is refused');
    check(sent.length === 0, 'no command is run for a bad commit');
  },
};

export const replaying: Chapter = {
  title: 'It is reverted, and a replay finds nothing to do',
  async present({ setup: { person, client }, push, follow, showStatuses, commands, check, declared }) {
    await person.git('revert', '--no-commit', 'HEAD');
    const reverted = await push('Revert the move');
    check(reverted.state === 'succeeded' && reverted.steps.length === 0, 'the revert finds nothing to do');
    const { run } = await client.post<{ run: string }>('/replay', { commit: reverted.commit });
    const replayed = await follow(run);
    await commands();
    await showStatuses(reverted);
    const unchanged = replayed.steps.filter(({ outcome }) => outcome === 'unchanged').length;
    check(
      replayed.state === 'succeeded' && unchanged === declared(),
      'the replay looks at every target and changes none',
    );
  },
};
