about =
    { $image } ({ $image_size }) will be written to
        { $path }: { $size }, { $model }
    EVERYTHING on it will be lost.
go-on = Is it this card, and shall it be written? (y/n)
yes = y
no = n
bad-yes-no = Type y (yes) or n (no).
nothing-done = Nothing was written.
checking = Checking the image
writing = Writing
reading = Reading back
progress-first = { $what }: { $done } / { $total } ({ $percent } %)
progress = { $what }: { $done } / { $total } ({ $percent } %), { $rate } MB/s, { $left } left
done = Done: { $path } was written, and reads back the same. SHA-256 { $sha256 }
spoilt = THE CARD { $path } CANNOT BE USED: it is not written to the end. Write it again.

list-row = { $path }: { $size }, { $model }
list-mounted = , mounted at { $places }
list-none = No card is there. Put one into the reader and run this again.
no-model = of no known make

refused-not-there = { $path }: cannot be opened ({ $why }). See the cards: edgebox-provision flash --list
refused-not-block = { $path }: is neither card nor disk. See the cards: edgebox-provision flash --list
refused-partition = { $path }: is a partition; the whole card is written, so name { $disk }
refused-not-allowed = { $path }: not allowed ({ $why }). Run this again with sudo.
refused-empty = { $path }: there is no card in the reader. Put one in and run this again.
refused-system = { $path }: is this computer's own disk (used for { $places }); it is not written.
refused-mounted = { $path }: is mounted at { $places }. Unmount it and run this again.
refused-held = { $path }: is used by { $names }; it is not written.
refused-read-only = { $path }: is write-protected. Move the switch at the card's side, or take another card.
refused-too-big = { $path }: { $size }, larger than any usual card; is it a disk? If it is right, add --any-size.
refused-too-small = { $path }: has { $size }, the image needs { $want }. Take a larger card.
refused-busy = { $path }: another program uses it. Close that, unmount the card, and run this again.
refused-image-missing = { $path }: cannot be read ({ $why }). Check the name.
refused-image-wrong = { $path }: is no image of edgebox ({ $detail }).
refused-image-damaged = { $path }: the image is damaged, or was not fetched to its end. Fetch it again.
refused-image-sum = { $path }: does not match the SHA-256 beside it. Fetch both files again.
refused-no-zstd = { $path }: needs the program zstd: sudo apt install zstd
refused-write-failed = { $path }: cannot be written ({ $why }). Take another card or reader.
refused-read-failed = { $path }: cannot be read back ({ $why }). Take another card or reader.
refused-differs = { $path }: reads back other than it was written: the card is broken, or a fake. Take another.
