### Evidence of figures: sent, used, seen

evidence-title = Evidence of { $unit }
evidence-sheet = Evidence
evidence-lead = Photographs, scans and PDFs that prove figures. One file serves many indicators and years; the same file sent again makes no second piece.
evidence-lead-public = Evidence that the coordination office shows to everybody, with published figures.
evidence-send = Send evidence
evidence-files = Photographs (JPEG, PNG, WebP, HEIC) or PDF; { $megabytes } MB a file, { $most } files at a time
evidence-note-label = Note (if you like)
evidence-measure-label = Proves the figure
evidence-measure-later = Choose later
evidence-measure = Figure
evidence-faces = Photographs with faces: cover them before sending. Others see a photograph only where the coordination office shows it.
evidence-send-do = Send
evidence-wrong = A file or a field was not taken. See below what is wrong.
evidence-sent-now = { $count ->
    [one] { $count } file was taken.
   *[other] { $count } files were taken.
}
evidence-search = Search names and notes
evidence-all = All
evidence-used = Used
evidence-unused = Used for no figure yet
evidence-sort-newest = Newest first
evidence-sort-oldest = Oldest first
evidence-sort-name = By name
evidence-sort-taken = By day taken
evidence-sort-size = Largest first
evidence-count = { $count ->
    [one] { $count } piece of evidence
   *[other] { $count } pieces of evidence
}
evidence-caption = Evidence
evidence-name = File
evidence-kind = Kind
evidence-size = Size (bytes)
evidence-sent = Sent
evidence-sent-at = sent { $at }
evidence-note = Note
evidence-taken-at = Taken when, where
evidence-place = Taken where
evidence-uses = Used for
evidence-seen = Checks
evidence-scan = Virus scan
evidence-public = Who may see it
evidence-is-public = everybody, once the figure is published
evidence-not-public = those who work with the figures of this unit
evidence-none = No evidence yet.
evidence-none-next = Send the first file in the form above.
evidence-taken = taken { $day } { $clock }
evidence-taken-sender = taken { $day } { $clock } (as the sender's device says)
evidence-taken-unknown = does not say when it was taken
evidence-inside = inside { $unit }
evidence-outside = outside { $unit }, { $away } from its boundary
evidence-ground-approximate = (approximate boundary)
evidence-place-unknown = does not say where it was taken
evidence-place-unmapped = says where it was taken; there is no boundary to hold it against
evidence-metres = { $metres } m
evidence-kilometres = { $kilometres } km
evidence-kilobytes = { $count } KB
evidence-megabytes = { $count } MB
evidence-kind-jpeg = JPEG picture
evidence-kind-png = PNG picture
evidence-kind-webp = WebP picture
evidence-kind-heic = HEIC picture
evidence-kind-pdf = PDF
evidence-pages = { $count ->
    [one] { $count } page
   *[other] { $count } pages
}
evidence-scan-waiting = waits for its scan
evidence-scan-clean = clean
evidence-scan-infected = infected
evidence-scan-unscanned = not scanned (this server has no scanner)
evidence-infected = This file is infected; nobody gets it.
evidence-alike = Looks like other evidence
evidence-alike-means = Compared by looks, which may err; whoever reviews sees both and decides.
evidence-alike-same = This very file was used in { $unit }, sent on { $day }{ $used ->
    [0] {""}
   *[other] , figures of { $years }
}
evidence-alike-near = This picture looks like one of { $unit }, sent on { $day }{ $used ->
    [0] {""}
   *[other] , figures of { $years }
}
evidence-alike-own = This picture looks like another one of { $unit } itself, sent on { $day }{ $used ->
    [0] {""}
   *[other] , figures of { $years }
}
evidence-preview-of = Small picture of { $name }
evidence-no-preview = This kind of file has no small picture.
evidence-preview-soon = The small picture is being made.
evidence-download = Download the original ({ $size })
evidence-covered = Covered
evidence-covered-parts = { $count ->
    [one] { $count } part, by the sender
   *[other] { $count } parts, by the sender
}
evidence-exif-hint = When and where it was taken is what the camera wrote into the file; it can be changed and is a hint only.
evidence-use-for = Use it for another figure
evidence-choose = Choose…
evidence-use-do = Use
evidence-use-ended = no longer used since { $at }
evidence-end = No longer use it
evidence-end-why = Reason (needed where the figure was sent in, accepted or published)
evidence-end-do = No longer use it for this figure
evidence-publish-means = Show it to everybody only where it has no faces and no personal data. Others see the file once a figure that uses it is published.
evidence-show = Show it to everybody
evidence-hide = No longer show it to everybody
evidence-of-figure = Evidence of this figure
evidence-of-unit = Evidence of the unit
evidence-add = Send or choose evidence
evidence-bad-kind = it is neither JPEG, PNG, WebP, HEIC nor PDF
evidence-bad-broken = the file is broken
evidence-bad-pixels = { $width } × { $height } pixels are too many
evidence-bad-pages = { $pages } pages are too many
evidence-no-file = Choose a file to send
evidence-file-refused = "{ $name }" was not taken: { $why }
evidence-file-too-large = "{ $name }" was not taken: more than { $most } MB
evidence-too-many-files = "{ $name }" was not taken: { $most } files at a time
evidence-too-large = A file may have { $most } MB at most
evidence-too-many = { $most } files are half sent; finish or drop some of them
evidence-too-many-pieces = The unit sent { $most } files today; go on tomorrow
evidence-bad-year = This is no year
evidence-no-measure = There is no figure { $measure }
evidence-needs-reason = The figure was sent in, accepted or published: say why it is no longer used
evidence-locked = The figure is locked; its evidence cannot be changed
evidence-tus-version = Only the protocol tus 1.0.0 is spoken here
evidence-tus-length = Upload-Length is missing or no number
evidence-tus-offset = Upload-Offset is missing or no number
evidence-tus-metadata = Upload-Metadata cannot be read
evidence-tus-unit = Upload-Metadata must have unit: the number of the unit
evidence-tus-figures = figures must be measure:year, with commas between
evidence-tus-type = A part must be of the type application/offset+octet-stream
evidence-tus-checksum = Upload-Checksum must be sha1 and a text in Base64
evidence-tus-gone = There is no such upload, or its time is over
evidence-tus-refused = The file of this upload was not taken
evidence-tus-conflict = This part does not follow the last one
evidence-tus-locked = Another device is sending this file
evidence-tus-mismatch = This part did not come in whole
evidence-tus-too-long = More bytes than were announced
evidence-tus-parts = The file was cut into too many parts
cli-serve-clamd = Virus scanner: tcp://HOST:3310 or unix:PATH of ClamAV's daemon; without it evidence is not scanned
cli-clamd = "{ $value }" must be tcp://HOST:PORT or unix:PATH
evidence-cover-keys = The picture to be sent. Arrow keys move the frame, Shift and arrows change its size, Enter covers, Backspace takes back.
evidence-cover-how = Drag over the picture to cover faces. Large pictures are shrunk to 2048 pixels before they are sent.
evidence-cover-count = Covered:
evidence-cover-frame = Place a frame
evidence-cover-back = Take the last one back
evidence-waits = The line is cut; it goes on from where it stopped.
