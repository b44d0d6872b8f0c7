// Chapters about pull requests: plans as comments, and approval of destructive changes.

import type { Chapter } from './chapter.ts';

const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const WORKBENCH = 'lxc/110';

export const changing: Chapter = {
  title: 'A pull request shows its plan; merged, it touches two targets, and exactly two are shown',
  async present({ setup, pullRequests, showStatuses, commands, check }) {
    const { person, forge } = setup;
    await setup.commands();
    await person.git('switch', '--quiet', '--create', 'more-room');
    await person.edit(LXC, (text) => text.replace(/("name": "traefik",[\s\S]*?"memory_mb": )2048/, '$13072'));
    await person.edit(VM, (text) => text.replace(/("name": "docker-host",[\s\S]*?"cores": )4/, '$16'));
    await person.commit('Give Traefik and the Docker host more room');
    const pull = await pullRequests.open('more-room', 'More room');
    check(pull.plan() === '2 to update, 1 restart', 'the pull request is told what it would update and restart');
    check(/`lxc\/102.*\n.*`vm\/1002/.test(pull.comments()[0] ?? ''), 'its comment names both targets');
    const run = await pull.merge();
    await showStatuses(run);
    await commands();
    const touched = run.steps.map(({ target }) => target).sort();
    check(run.state === 'succeeded', 'the change succeeds');
    check(touched.join(' ') === 'lxc/102 vm/1002', 'it touches lxc/102 and vm/1002 and nothing else');
    check(forge.latestStatuses(run.commit).length === 3, 'the commit has one status for each, and one for the whole');
    check(pull.comments().length === 1, 'the one comment is kept up to date: plan, then how the merge went');
  },
};

/** A small container, inserted before Traefik's. */
const CONTAINER = `"110": {
      "name": "workbench",
      "memory_mb": 512,
      "cores": 1,
      "storage_pool": "tank-lxc-disks",
      "storage_size_gb": 8,
      "clone_from_ctid": "900",
      "network_config": { "name": "eth0", "bridge": "vmbr0", "ip": "10.0.0.110/24", "gw": "10.0.0.1" },
      "mac_address": "52:54:00:00:01:10",
      "firewall": { "enabled": false }
    },
    `;

export const approving: Chapter = {
  title: 'A pull request would destroy a container: nothing happens before a person approves it',
  async present({ setup, pullRequests, push, showStatuses, commands, check }) {
    const { person } = setup;
    await person.edit(LXC, (text) => text.replace('"102": {', `${CONTAINER}$&`));
    const made = await push('A container to try things in');
    check(made.state === 'succeeded', 'the container is made');

    await person.git('switch', '--quiet', '--create', 'tidy-up');
    await person.edit(LXC, (text) => text.replace(CONTAINER, ''));
    await person.commit('Take the workbench away');
    await setup.commands();
    const pull = await pullRequests.open('tidy-up', 'Tidy up');
    check(/1 to delete.*1 needs approval/.test(pull.plan()), 'the pull request is told that it needs an approval');
    const said = await pull.comment(`/phoenix approve ${WORKBENCH}`);
    check(said.includes(`Approved: \`${WORKBENCH}\``), 'the approval is heard');
    check((await setup.commands()).length === 0, 'nothing is run on the host before the merge');
    const run = await pull.merge();
    await showStatuses(run);
    const gone = await commands();
    check(run.state === 'succeeded', 'once approved and merged, it succeeds without anybody being asked again');
    check(
      gone.some((argv) => argv.join(' ').startsWith('pct destroy 110')),
      'the container is destroyed',
    );
  },
};
