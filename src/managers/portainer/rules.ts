// Checks VMs with a role in Portainer: they need a server, and something has to start it.

import type { Diagnostic } from '../../config/diagnostic.ts';
import { placeIn } from '../../config/read/place.ts';
import { addressOf, nameOfGuest, targetOf } from '../guest/guests.ts';
import { serverStackOf } from '../portainer-api/server-stack.ts';
import type { RuleContext } from '../rule.ts';
import type { VmGuest } from '../vm/declared.ts';

/** NO_EFFECT: a role in Portainer where there is no server, or where Phoenix starts none. */
export function portainerRolesHaveAServer({ config, unreadable }: RuleContext): Diagnostic[] {
  if (unreadable.host('portainer_api')) return [];
  const servers = config.vm.filter(({ portainer: { role } }) => role === 'primary');
  const [server] = servers;
  return config.vm.flatMap((vm): Diagnostic[] => {
    const { role } = vm.portainer;
    if (role !== 'primary' && role !== 'agent') return [];
    if (config.hypervisor.portainer === null) {
      return [told(vm, 'nothing says how the Portainer server is reached', 'Add "portainer_api" to the hypervisor.')];
    }
    if (server === undefined) {
      if (unreadable.someGuest) return [];
      return [told(vm, 'no VM has the portainer_role "primary"', 'Give it to the VM that runs the Portainer server.')];
    }
    if (role === 'agent') return [];
    if (vm !== server) return [told(vm, `${nameOfGuest(server)} is primary already`, 'Write "agent" on the other.')];
    if (addressOf(vm) === null) {
      return [told(vm, 'it has no fixed address, so that nobody can say where Portainer answers', 'Give it one.')];
    }
    const isKnown = vm.stacks.every(
      ({ name }) => config.stacks.has(name) && !unreadable.file(`stacks/${name}/docker-compose.yml`),
    );
    if (serverStackOf(config, vm) !== null || !isKnown) return [];
    return [
      told(
        vm,
        'none of its docker_stacks has a service with the image portainer/portainer-ce, so that Phoenix starts no Portainer there',
        'Add a stack with that image; only leave it so where you start Portainer in this VM yourself.',
      ),
    ];
  });
}

/** NO_EFFECT: how a server is reached that no VM runs, since no VM has a role in Portainer. */
export function portainerServerRuns({ config, unreadable }: RuleContext): Diagnostic[] {
  const { portainer, writtenAt } = config.hypervisor;
  const isUsed = config.vm.some(({ portainer: { role } }) => role === 'primary' || role === 'agent');
  if (portainer === null || isUsed || unreadable.someGuest) return [];
  return [
    {
      code: 'NO_EFFECT',
      at: placeIn(writtenAt, 'portainer_api'),
      message: '"portainer_api" has no effect: no VM has a role in Portainer',
      hint: 'Write "portainer_role": "primary" at the VM that runs the Portainer server, or take this out.',
      onKey: true,
    },
  ];
}

function told(vm: VmGuest, why: string, hint: string): Diagnostic {
  return {
    code: 'NO_EFFECT',
    at: placeIn(vm.writtenAt, 'portainer_role'),
    message: `the portainer_role "${vm.portainer.role}" of ${nameOfGuest(vm)} starts nothing: ${why}`,
    hint,
    target: targetOf(vm),
  };
}
