/** The parts of the Avro 1.12 specification's schema JSON that our schemas use. */
export type AvroSchema = string | AvroSchema[] | AvroRecord | AvroEnum | AvroArray | AvroMap | AvroLogical;

export interface AvroRecord {
  type: 'record';
  name: string;
  namespace?: string;
  doc?: string;
  fields: AvroField[];
}
export interface AvroField {
  name: string;
  type: AvroSchema;
  doc: string;
  default?: unknown;
  /** The stage that fills the field; events do not have it before. */
  stage?: 'validate' | 'enrich';
}
export interface AvroEnum {
  type: 'enum';
  name: string;
  namespace?: string;
  doc?: string;
  symbols: string[];
  default?: string;
}
export interface AvroArray {
  type: 'array';
  items: AvroSchema;
}
export interface AvroMap {
  type: 'map';
  values: AvroSchema;
}
export interface AvroLogical {
  type: string;
  logicalType: string;
}
