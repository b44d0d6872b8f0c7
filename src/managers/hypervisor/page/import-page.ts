// Imports the certificate of a node's web interface into `page_certificate`. The key of one of the user's own is never read: certificate and key become
// references, and the fingerprint says which certificate the page has already.

import { pointer } from '../../../config/read/place.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { LeftOver, NeededSecret } from '../../importer.ts';
import { HYPERVISOR_FILE } from '../../places.ts';
import { acmeDomainsIn, pageFactsOf } from './page-facts.ts';
import { PAGE_FILE } from './page-section.ts';

/**
 * @param text content of the certificate's file; null where Proxmox's generated one is used
 * @param config content of the node's options file
 * @param folder of the secrets that are named
 */
export function writtenPage(
  text: string | null,
  config: string,
  folder: string,
): {
  readonly field: JsonObject | null;
  readonly secrets: readonly NeededSecret[];
  readonly left: readonly LeftOver[];
} {
  if (text === null) return { field: null, secrets: [], left: [] };
  const domains = acmeDomainsIn(config);
  const facts = pageFactsOf(text);
  if (facts === null) {
    const why = 'the file holds no certificate that can be read: it stays as it is';
    return { field: null, secrets: [], left: [{ what: `hypervisor/page (${PAGE_FILE})`, why }] };
  }
  if (domains.length > 0 && facts.names.join() === domains.join())
    return { field: { acme: true }, secrets: [], left: [] };
  const secrets = (['chain', 'key'] as const).map(
    (part): NeededSecret => ({
      reference: `file:${folder}/hypervisor-page.${part}`,
      for: `hypervisor/page ${part}`,
      put: PUT[part],
      file: HYPERVISOR_FILE,
      path: pointer(['page_certificate', part]),
    }),
  );
  const references = secrets.map(({ reference }, index) => [index === 0 ? 'chain' : 'key', { $secret: reference }]);
  return { field: { ...Object.fromEntries(references), fingerprint: facts.fingerprint }, secrets, left: [] };
}

const PUT = {
  chain: `The certificate with those that lead to its authority, PEM: what ${PAGE_FILE} holds`,
  key: `Its key, PEM: what ${PAGE_FILE.replace(/pem$/, 'key')} holds`,
};
