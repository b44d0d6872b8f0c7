// The programs of the lab, each loaded when it is called: most calls need one, and starting is most of their cost.
import type { Answer } from './answer.ts';
import type { LabNode } from './node.ts';

/** A program: answers its arguments; standard input is read only by those that take it. */
export type Program = (node: LabNode, argv: readonly string[], stdin?: () => Buffer) => Answer;

export const PROGRAMS: Readonly<Record<string, () => Promise<Program>>> = {
  pct: async () => (await import('./pct/pct.ts')).pct,
  qm: async () => (await import('./qm/qm.ts')).qm,
  pvesh: async () => (await import('./api/pvesh.ts')).pvesh,
  pvesm: async () => (await import('./storage/pvesm.ts')).pvesm,
  pveam: async () => (await import('./storage/pveam.ts')).pveam,
  'pve-firewall': async () => {
    const { pveFirewall } = await import('./firewall/program.ts');
    return (node, argv) => pveFirewall(node.dir, node.name, argv);
  },
  hostname: async () => hostname,
};

const hostname: Program = (node, [option]) => {
  const shown =
    option === '-I' || option === '-i' ? '10.0.0.13' : option === '-f' ? `${node.name}.internal.example` : node.name;
  return { stdout: `${shown}\n`, stderr: '', rc: 0 };
};
