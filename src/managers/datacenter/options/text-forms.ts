// The forms of texts of which Proxmox's own table says no more than that they are texts: what any other text would do is fail on the host, or at the
// first use of the object. The forced command of the agent's key lets through the same forms (deploy/ssh/table.ts).

export interface TextForm {
  /** A regular expression of the whole text, which JavaScript and Perl read alike, without a NUL in what it matches. */
  readonly pattern: string;
  /** What is expected, behind "must be". */
  readonly expected: string;
}

const FORMS = {
  url: { pattern: 'https?://[^\\0\\n ]+', expected: 'an address that begins with http:// or https://' },
  /** With templates in it. */
  hook: { pattern: 'https?://[^\\0\\n]+', expected: 'an address that begins with http:// or https://' },
  host: {
    pattern: '(?!-)[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+',
    expected: 'a name such as mail.example.org or an IP address, without a protocol or port',
  },
  sender: {
    pattern: '(?!-)[A-Za-z0-9._+-]+(?:@[A-Za-z0-9.-]+)?',
    expected: 'an e-mail address such as pve@example.org',
  },
  dn: {
    pattern: '[A-Za-z][A-Za-z0-9-]*=[^\\0\\n]*',
    expected: 'a distinguished name such as dc=example,dc=org',
  },
  /** Proxmox puts parentheses around one without (pve-common, PVE/LDAP.pm). */
  ldapfilter: { pattern: '(?!-)[^\\0\\n]*=[^\\0\\n]*', expected: 'a filter of LDAP such as (objectClass=person)' },
  hours: {
    pattern: '(?:[A-Za-z0-9]|\\*[-:/])[A-Za-z0-9*.,:/~ -]*',
    expected: 'days and hours such as mon..fri 8:00-17:00',
  },
  otelpath: { pattern: '/[A-Za-z0-9._~/-]*', expected: 'a path that begins with a slash, such as /v1/metrics' },
  /** pve-manager, PVE/Status/OpenTelemetry.pm. */
  encoded: {
    pattern: '(?:[A-Za-z0-9+/]{4})+|(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)',
    expected: 'a JSON object in base64',
  },
  namespace: {
    pattern: '[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*',
    expected: 'names of letters, digits and _ . -, with slashes between them',
  },
  datastore: {
    pattern: '[A-Za-z0-9_][A-Za-z0-9._-]*',
    expected: 'the name of a datastore: letters, digits and _ . -',
  },
  share: {
    pattern: '[A-Za-z0-9_][A-Za-z0-9_.$ -]*',
    expected: 'the name of a share, without the server: letters, digits, blanks and _ . $ -',
  },
  /** Of something that is named on the host. */
  named: { pattern: '[A-Za-z0-9][A-Za-z0-9._-]*', expected: 'a name of letters, digits and . _ -' },
  provider: { pattern: 'comstar|iet|istgt|LIO', expected: 'comstar, iet, istgt or LIO' },
  area: {
    pattern: '[0-9]{1,10}|[0-9]{1,3}(?:\\.[0-9]{1,3}){3}',
    expected: 'the number of an area, or an IPv4 address in its place',
  },
  attribute: { pattern: '[A-Za-z0-9][A-Za-z0-9._-]*', expected: 'the name of an attribute such as uid' },
  domain: { pattern: '[A-Za-z0-9][A-Za-z0-9._-]*', expected: 'a domain such as home.example' },
  iqn: {
    pattern: '[A-Za-z0-9][A-Za-z0-9.:_-]*',
    expected: 'the name of a target such as iqn.2003-01.org.example:disk',
  },
  rate: { pattern: '-?[0-9]{1,12}', expected: 'a number of bytes in a second' },
} as const satisfies Readonly<Record<string, TextForm>>;

export type FormName = keyof typeof FORMS;

export const TEXT_FORMS: Readonly<Record<FormName, TextForm>> = FORMS;

/** By kind and option, or by option alone. */
const OPTIONS: Readonly<Record<string, FormName>> = {
  'ipam.url': 'url',
  'sdndns.url': 'url',
  'acmeaccount.directory': 'url',
  'acmeaccount.tos_url': 'url',
  'datacenter.http_proxy': 'url',
  'gotify.server': 'url',
  'issuer-url': 'url',
  'webhook.url': 'hook',
  'smtp.server': 'host',
  'smtp.from-address': 'sender',
  'sendmail.from-address': 'sender',
  'realm.user_attr': 'attribute',
  domain: 'domain',
  base_dn: 'dn',
  bind_dn: 'dn',
  group_dn: 'dn',
  filter: 'ldapfilter',
  group_filter: 'ldapfilter',
  'matcher.match-calendar': 'hours',
  'metrics.otel-path': 'otelpath',
  'metrics.otel-resource-attributes': 'encoded',
  'storage.comstar_hg': 'named',
  'storage.comstar_tg': 'named',
  'storage.lio_tpg': 'named',
  'storage.iscsiprovider': 'provider',
  'cephpool.crush_rule': 'named',
  'controller.isis-domain': 'named',
  'controller.loopback': 'named',
  'zone.bridge': 'named',
  'zone.reversedns': 'named',
  'fabric.area': 'area',
  'storage.namespace': 'namespace',
  'storage.datastore': 'datastore',
  'storage.share': 'share',
  'storage.target': 'iqn',
  'storage.saferemove_throughput': 'rate',
};

/** The form of an option's text; undefined where Proxmox's table says enough. */
export function formOf(kind: string, option: string): FormName | undefined {
  return OPTIONS[`${kind}.${option}`] ?? OPTIONS[option];
}
