// When and where a photograph was taken, read off its EXIF before it is drawn anew: drawing leaves nothing of it.

export type Told = { taken?: string; lat?: number; lon?: number };

/** What a JPEG tells; nothing of anything else. */
export function told(bytes: ArrayBuffer): Told {
  try {
    const view = new DataView(bytes);
    if (view.getUint16(0) !== 0xffd8) return {};
    for (let at = 2; at + 4 < view.byteLength; ) {
      const mark = view.getUint16(at);
      // The picture itself begins: nothing is told behind it.
      if (mark === 0xffda || mark >> 8 !== 0xff) return {};
      if (mark === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return tiff(new DataView(bytes, at + 10));
      at += 2 + view.getUint16(at + 2);
    }
  } catch {
    // Cut short: what cannot be read is not told.
  }
  return {};
}

type Field = { kind: number; count: number; at: number };

function tiff(view: DataView): Told {
  const little = view.getUint16(0) === 0x4949;
  const short = (at: number) => view.getUint16(at, little);
  const long = (at: number) => view.getUint32(at, little);
  const fields = (at: number) => {
    const found = new Map<number, Field>();
    for (let n = 0; n < short(at); n++) {
      const field = at + 2 + n * 12;
      found.set(short(field), { kind: short(field + 2), count: long(field + 4), at: field + 8 });
    }
    return found;
  };
  const text = (field?: Field) => {
    if (!field || field.kind !== 2) return "";
    const from = field.count > 4 ? long(field.at) : field.at;
    return Array.from({ length: field.count }, (_, n) => String.fromCharCode(view.getUint8(from + n))).join("").replace(/\0.*$/s, "");
  };
  const degrees = (field?: Field) => {
    if (!field || field.kind !== 5 || field.count < 3) return NaN;
    const from = long(field.at);
    const part = (n: number) => long(from + n * 8) / long(from + n * 8 + 4);
    return part(0) + part(1) / 60 + part(2) / 3600;
  };
  const first = fields(long(4));
  const under = (tag: number) => {
    const field = first.get(tag);
    return field ? fields(long(field.at)) : new Map<number, Field>();
  };
  const [exif, gps] = [under(0x8769), under(0x8825)];
  const moment = /^(\d{4}).(\d\d).(\d\d).(\d\d).(\d\d)/.exec(text(exif.get(0x9003)));
  const found: Told = {};
  if (moment) found.taken = `${moment[1]}-${moment[2]}-${moment[3]} ${moment[4]}:${moment[5]}`;
  const [lat, lon] = [degrees(gps.get(2)), degrees(gps.get(4))];
  if (Number.isFinite(lat) && Number.isFinite(lon) && (lat || lon)) {
    found.lat = text(gps.get(1)) === "S" ? -lat : lat;
    found.lon = text(gps.get(3)) === "W" ? -lon : lon;
  }
  return found;
}
