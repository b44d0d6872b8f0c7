// A first push builds everything; a merged change touches what it names, and nothing else.

import type { Chapter } from './chapter.ts';

const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

export const building: Chapter = {
  title: 'A first push builds the reference environment on an empty host',
  async tell({ push, answer, check, declared }) {
    const run = await push('Describe the environment');
    answer(run);
    check(run.state === 'succeeded', 'the first push succeeds');
    const there = run.steps.filter(({ outcome }) => outcome === 'applied' || outcome === 'unchanged').length;
    check(there === declared() && there > 0, 'it brings up every target that is declared');
  },
};

export const changing: Chapter = {
  title: 'A merged change touches two targets, and exactly two are shown',
  async tell({ stage: { person, forge }, push, answer, commands, check }) {
    await person.git('switch', '--quiet', '--create', 'more-room');
    await person.edit(LXC, (text) => text.replace(/("name": "traefik",[\s\S]*?"memory_mb": )2048/, '$13072'));
    await person.edit(VM, (text) => text.replace(/("name": "docker-host",[\s\S]*?"cores": )4/, '$16'));
    await person.commit('Give Traefik and the Docker host more room');
    await person.git('switch', '--quiet', 'main');
    await person.git('merge', '--quiet', '--no-ff', '--no-commit', 'more-room');
    const run = await push('Merge more-room');
    answer(run);
    await commands();
    const touched = run.steps.map(({ target }) => target).sort();
    check(run.state === 'succeeded', 'the change succeeds');
    check(touched.join(' ') === 'lxc/102 vm/1002', 'it touches lxc/102 and vm/1002 and nothing else');
    check(forge.latestStatuses(run.commit).length === 3, 'the commit has one status for each, and one for the whole');
  },
};
