// Checks what only one container of a VM can have: a published port, and a name. Docker refuses the second one only when the first is already
// running.

import ipaddr from 'ipaddr.js';
import type { ContainerNameClaim, PortEntry } from '../../../compose/contents.ts';
import { interpolate, knownVariables } from '../../../compose/interpolation.ts';
import { publishedPorts } from '../../../compose/ports.ts';
import { starts } from '../../../compose/services.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { TargetId } from '../../../model/ids.ts';
import type { Config } from '../../config.ts';
import { nameOfGuest, targetOf } from '../../guest/guests.ts';
import type { RuleContext } from '../../rule.ts';
import type { VmGuest } from '../../vm/declared.ts';
import { targetOnVm } from '../target.ts';

/** The container that Phoenix itself starts in VMs with a Portainer agent. */
const AGENT_NAME = 'portainer_agent';

/** PORT_CLASH: two services publish the same port of a VM. */
export function portsAreFree({ config }: RuleContext): Diagnostic[] {
  return config.vm.flatMap((vm) => {
    const taken: Ports[] = [];
    return [...agentPorts(vm, config), ...stackPorts(vm, config)].flatMap((ports): Diagnostic[] => {
      const first = taken.find((other) => clash(ports, other));
      taken.push(ports);
      if (first === undefined) return [];
      const [from, to] = [Math.max(first.from, ports.from), Math.min(first.to, ports.to)];
      const shown = `${from === to ? from : `${from}-${to}`}/${ports.protocol}`;
      return [
        {
          code: 'PORT_CLASH',
          message: `port ${shown} of ${nameOfGuest(vm)} is published by ${first.who} already`,
          hint: 'Publish it at another port, at another address of the VM, or not at all.',
          ...ports.where,
        },
      ];
    });
  });
}

/** DUPLICATE_NAME: two services of a VM have the same container name. */
export function containerNamesAreFree({ config }: RuleContext): Diagnostic[] {
  return config.vm.flatMap((vm) => {
    const taken = new Map<string, string>();
    if (vm.portainer.role === 'agent') taken.set(AGENT_NAME, 'the agent of Portainer');
    return usesOf(vm, config).flatMap(({ stack, compose, variables, where }) =>
      compose.containerNames.flatMap((claim): Diagnostic[] => {
        const name = interpolate(claim.name, variables);
        if (name === null || !starts(compose.profiles[claim.service]?.names, variables)) return [];
        const first = taken.get(name);
        if (first === undefined) taken.set(name, `service ${claim.service} of stack "${stack}"`);
        if (first === undefined) return [];
        const message = `the container name "${name}" on ${nameOfGuest(vm)} is that of ${first}`;
        return [
          { code: 'DUPLICATE_NAME', message, hint: 'Leave container_name out, or choose another.', ...where(claim) },
        ];
      }),
    );
  });
}

/** A published range of ports. */
interface Ports {
  readonly who: string;
  readonly where: Pick<Diagnostic, 'at' | 'position' | 'target'>;
  /** Null: all addresses. */
  readonly hostIp: string | null;
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
}

function clash(a: Ports, b: Ports): boolean {
  return a.protocol === b.protocol && a.from <= b.to && b.from <= a.to && sameAddress(a.hostIp, b.hostIp);
}

/** Zeros stand for all addresses of a family, absence for both families. */
function sameAddress(a: string | null, b: string | null): boolean {
  if (a === null || b === null) return true;
  if (!ipaddr.isValid(a) || !ipaddr.isValid(b)) return a === b;
  const [one, other] = [ipaddr.parse(a), ipaddr.parse(b)];
  if (one.kind() !== other.kind()) return false;
  const isEvery = (address: typeof one) => address.toByteArray().every((byte) => byte === 0);
  return isEvery(one) || isEvery(other) || one.toNormalizedString() === other.toNormalizedString();
}

function agentPorts(vm: VmGuest, config: Config): Ports[] {
  if (vm.portainer.role !== 'agent') return [];
  const port = config.hypervisor.network.portainerAgentPort;
  const where = { at: placeIn(vm.writtenAt, 'portainer_role'), target: targetOf(vm) };
  return [{ who: 'the agent of Portainer', where, hostIp: null, protocol: 'tcp', from: port, to: port }];
}

function stackPorts(vm: VmGuest, config: Config): Ports[] {
  return usesOf(vm, config).flatMap(({ stack, compose, variables, where }) =>
    publishedPorts(compose, variables).flatMap(({ entry, hostIp, protocol, target, published }): Ports[] => {
      // Where Docker chooses the port, it takes a free one.
      if (published === null || published.to - published.from !== target.to - target.from) return [];
      if (entry.onHost) return [];
      return [
        { who: `service ${entry.service} of stack "${stack}"`, where: where(entry), hostIp, protocol, ...published },
      ];
    }),
  );
}

type Claim = PortEntry | ContainerNameClaim;

function usesOf(vm: VmGuest, config: Config) {
  return vm.stacks.flatMap(({ name, environment }) => {
    const stack = config.stacks.get(name);
    if (stack === undefined) return [];
    const variables = knownVariables(stack.environments[environment]?.variables ?? []);
    const target: TargetId = targetOnVm(vm, name, config);
    const where = ({ path, line, column }: Claim) => ({
      at: { file: stack.compose.path, path },
      position: { line, column },
      target,
    });
    return [{ stack: name, compose: stack.compose, variables, where }];
  });
}
