"""What the technician's tool says: a pair of files a part, as ward.vi.ftl; faults.*.ftl is for all."""
